// The API keys of the account.
/** @import { Schemas } from "../../types/client" */
import { api } from "../api.js"
import { date, isVisible, number, relative } from "../format.js"
import { href } from "../router.js"
import { texts } from "../texts.js"
import { el } from "../ui/dom.js"
import { paged } from "../ui/list.js"
import { page } from "../ui/page.js"
import { sparkline } from "../ui/sparkline.js"
import { empty } from "../ui/states.js"
import { table } from "../ui/table.js"

const t = texts("keys")
const DAY = 86_400_000
const DAYS = 30
const PAGE = 100

export function render() {
  const usage = callsByKey()
  /** @param {string | undefined} cursor */
  const load = async (cursor) => {
    const [{ data, next }, calls] = await Promise.all([api.get("/apikeys", { query: { limit: PAGE, cursor } }), usage])
    return { rows: data.apikeys.map((key) => ({ ...key, daily: calls?.get(key.key) ?? (calls ? [] : null) })), next }
  }
  return page(
    t("title"),
    el("p", { class: "lead" }, t("text")),
    el("p", {}, el("a", { class: "button", href: href("/keys/new") }, t("new"))),
    paged(load, (rows) => (rows.length ? keysTable(rows) : empty(t("none")))),
  )
}

/** @typedef {Schemas["ApiKeyListed"] & { daily: number[] | null }} Row */

/** @param {Row[]} rows */
function keysTable(rows) {
  return table(t("title"), [
    { title: t("name"), cell: (key) => el("a", { href: href(`/keys/${key.key}`) }, nameOf(key)), heading: true },
    { title: t("level"), cell: (key) => `${key.level}: ${t.named("level", String(key.level))}` },
    { title: t("state"), cell: (key) => badge(key.state) },
    { title: t("expires"), cell: (key) => el("time", { datetime: key.expiresAt, title: date(key.expiresAt) }, relative(key.expiresAt)) },
    { title: t("lastUse"), cell: (key) => (key.lastSeen ? el("time", { datetime: key.lastSeen, title: date(key.lastSeen) }, relative(key.lastSeen)) : t("never")) },
    { title: t("calls30"), cell: callsOf, number: true },
  ], rows)
}

/** Names that are stored already may be empty or invisible. @param {{ name: string }} key */
export function nameOf({ name }) {
  return isVisible(name) ? name : t("unnamed")
}

/** @param {Schemas["ApiKeyState"]} state */
export function badge(state) {
  return el("span", { class: `badge ${state}` }, t.named("states", state))
}

/** @param {Row} row */
function callsOf({ daily }) {
  if (!daily) return "–"
  const total = daily.reduce((sum, calls) => sum + calls, 0)
  if (!total) return number(0)
  return el("span", { class: "calls" }, sparkline(daily, t.count("calls", total)), ` ${number(total)}`)
}

/**
 * The calls of each key on each of the last days, oldest first; null if they cannot be had: the keys are shown without.
 * @returns {Promise<Map<string, number[]> | null>}
 */
async function callsByKey() {
  try {
    const { data } = await api.get("/account/usage", { query: { by: "key", granularity: "day" } })
    const today = Math.floor(new Date(data.usage.to).getTime() / DAY)
    /** @type {Map<string, number[]>} */
    const found = new Map()
    for (const { key, at, calls } of data.usage.rows) {
      const daily = found.get(key ?? "") ?? new Array(DAYS + 1).fill(0)
      const place = DAYS - (today - Math.floor(new Date(at).getTime() / DAY))
      if (place >= 0) daily[place] = calls
      found.set(key ?? "", daily)
    }
    return found
  } catch {
    return null
  }
}
