// The session of this tab. It ends with the tab: the token is in the tab's own storage, never in an address or a cookie.
/** @import { Account } from "../types/views" */

const NAME = "freesewing.session"
/** @typedef {{ token: string, account: Account }} Session */

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
  /** @param {Session} started the token and the account of a response */
  start({ token, account }) {
    const { id, username, role, language } = account
    store({ token, account: { id, username, role, language } })
  },
  /** @param {Account} account after a change of the name, the language or the role */
  update({ id, username, role, language }) {
    if (current) store({ token: current.token, account: { id, username, role, language } })
  },
  end() {
    store(null)
  },
  /** @param {() => void} listener called when the session starts, changes or ends */
  onChange(listener) {
    listeners.add(listener)
  },
}

/** @param {Session | null} changed */
function store(changed) {
  current = changed
  if (changed) sessionStorage.setItem(NAME, JSON.stringify(changed))
  else sessionStorage.removeItem(NAME)
  for (const listener of listeners) listener()
}
