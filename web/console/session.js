// The session of this tab. It ends with the tab: the token is in the tab's own storage, never in an address or a cookie.
/** @import { Account } from "../types/views" */

const NAME = "freesewing.session"
/** @typedef {{ token: string, account: Account, staff?: Session }} Session `staff`: that of who acts as the account */

/** @type {Session | null} */
let current = JSON.parse(sessionStorage.getItem(NAME) ?? "null")
/** @type {Set<() => void>} */
const listeners = new Set()

export const session = {
  get token() {
    return current?.token
  },
  get account() {
    return current?.account
  },
  /** The account of the administrator who acts as `account`. */
  get staff() {
    return current?.staff?.account
  },
  /** @param {Session} started the token and the account of a response */
  start({ token, account }) {
    store({ token, account: kept(account) })
  },
  /** @param {Session} started act as this account, until `stopActing` */
  actAs({ token, account }) {
    if (current) store({ token, account: kept(account), staff: { token: current.token, account: current.account } })
  },
  stopActing() {
    if (current?.staff) store(current.staff)
  },
  /** @param {Account} account after a change of the name, the language or the role */
  update(account) {
    if (current) store({ ...current, account: kept(account) })
  },
  end() {
    store(null)
  },
  /** @param {() => void} listener called when the session starts, changes or ends */
  onChange(listener) {
    listeners.add(listener)
  },
}

/** @param {Account} account @returns {Account} without what is not shown */
function kept({ id, username, role, language, consent }) {
  return { id, username, role, language, consent }
}

/** @param {Session | null} changed */
function store(changed) {
  current = changed
  if (changed) sessionStorage.setItem(NAME, JSON.stringify(changed))
  else sessionStorage.removeItem(NAME)
  for (const listener of listeners) listener()
}
