// Who uses the server most: accounts, keys and networks, as a chart and a table that refresh.
/** @import { Schemas } from "../../../types/client" */
/** @import { Context } from "../../../types/views" */
import { api } from "../../api.js"
import { isVisible, number, time } from "../../format.js"
import { here, href } from "../../router.js"
import { texts } from "../../texts.js"
import { chart, chartOptions } from "../../ui/chart.js"
import { el } from "../../ui/dom.js"
import { field } from "../../ui/form.js"
import { page } from "../../ui/page.js"
import { empty, loaded } from "../../ui/states.js"
import { table } from "../../ui/table.js"
import { monitoringPages } from "./pages.js"
import { askForKeyQuota } from "./quota-dialog.js"
import { refreshWhileShown } from "./refreshing.js"

const t = texts("monitoring")
// The API returns those with most calls, from which the other orders choose.
const MOST = 100
const SHOWN = 25
const DRAWN = 10
const PERIODS = /** @type {const} */ (["now", "day", "week", "month"])
const LISTS = /** @type {const} */ (["accounts", "keys", "networks"])
const ORDERS = /** @type {const} */ (["calls", "errors", "duration"])
/** @typedef {{ calls: number, errors: number, seconds: number }} Amounts */
/** @template R @typedef {import("../../ui/table.js").Column<R>} Column */

/** @param {Context} context */
export function render({ query, signal }) {
  const period = choiceOf("period", t("period"), PERIODS.map((one) => [one, t.named("period", one)]), query.get("period"))
  const list = choiceOf("list", t("list"), LISTS.map((one) => [one, t.named("list", one)]), query.get("list"))
  const order = choiceOf("order", t("order"), ORDERS.map((one) => [one, t.named("order", one)]), query.get("order"))
  const shown = loaded(
    async () => {
      const wanted = { period: period.value(), list: list.value() }
      const draw = () => api.file("/admin/usage.svg", { query: { ...wanted, limit: DRAWN, ...chartOptions() } })
      const [{ data }, file] = await Promise.all([api.get("/admin/usage", { query: { period: wanted.period, limit: MOST } }), draw()])
      const drawn = () => chart(file, t("chart", { list: t.named("list", wanted.list) }), draw)
      return { usage: data.usage, drawn, list: wanted.list, order: order.value() }
    },
    ({ usage, drawn, list, order }) => report(usage, drawn, list, order),
  )
  const controls = el("div", { class: "row", onchange: () => {
    const chosen = new URLSearchParams({ period: period.value(), list: list.value(), order: order.value() })
    // The address of what is shown, without a step back for each choice.
    history.replaceState(null, "", href(`${here().path}?${chosen}`))
    void shown.reload()
  } }, period.element, list.element, order.element)
  refreshWhileShown(shown, signal)
  return page(t("title"), monitoringPages("/monitoring"), el("p", { class: "quiet" }, t("text")), controls, shown)
}

/**
 * @template {string} V
 * @param {string} name
 * @param {string} label
 * @param {[V, string][]} options
 * @param {string | null} wanted
 */
function choiceOf(name, label, options, wanted) {
  const known = (/** @type {string | null} */ value) => (options.find(([one]) => one === value) ?? options[0])?.[0]
  const element = field({ name, label, tag: "select", options, value: known(wanted) })
  return { element, value: () => /** @type {V} */ (known(element.input.value)) }
}

/**
 * @param {Schemas["Heaviest"]} usage
 * @param {() => Node} drawn
 * @param {typeof LISTS[number]} list
 * @param {typeof ORDERS[number]} order
 */
function report(usage, drawn, list, order) {
  const rows = { accounts: usage.accounts, keys: usage.keys, networks: usage.anonymous }[list]
  if (!rows.length) return empty(t("none"))
  const values = {
    accounts: () => table(t("list.accounts"), [accountColumn(), ...amounts(), trend()], ordered(usage.accounts, order)),
    keys: () => table(t("list.keys"), [keyColumn(), accountColumn(false), ...amounts(), trend(), quotaColumn()], ordered(usage.keys, order)),
    networks: () => table(t("list.networks"), [networkColumn(), ...amounts()], ordered(usage.anonymous, order)),
  }[list]()
  return el("div", {}, drawn(), values, el("p", { class: "quiet" }, t("refreshed", { time: time(new Date()) })))
}

/** @template {Amounts} R @param {readonly R[]} rows @param {typeof ORDERS[number]} order */
function ordered(rows, order) {
  const value = /** @param {Amounts} row */ (row) => (order === "duration" ? perCall(row) : row[order])
  return [...rows].sort((one, other) => value(other) - value(one)).slice(0, SHOWN)
}

/** Milliseconds. @param {Amounts} row */
function perCall({ seconds, calls }) {
  return calls ? (seconds * 1000) / calls : 0
}

/** @returns {Column<Amounts>[]} */
function amounts() {
  return [
    { title: t("calls"), cell: (row) => number(row.calls), number: true },
    { title: t("errors"), cell: (row) => number(row.errors), number: true },
    { title: t("perCall"), cell: (row) => number(perCall(row), { maximumFractionDigits: 1 }), number: true },
  ]
}

/** @returns {Column<{ trend: number | null }>} */
function trend() {
  return { title: t("trend"), cell: (row) => (row.trend === null ? t("trend.new") : `× ${number(row.trend, { maximumFractionDigits: 2 })}`), number: true }
}

/** @param {boolean} [heading] @returns {Column<{ userId: number, username: string }>} */
function accountColumn(heading = true) {
  return { title: t("account"), cell: (row) => el("a", { href: href(`/monitoring/accounts/${row.userId}`) }, row.username), heading }
}

/** @returns {Column<Schemas["HeavyKey"]>} */
function keyColumn() {
  return { title: t("key"), cell: (row) => el("a", { href: href(`/keys/${row.key}`) }, isVisible(row.name) ? row.name : row.key), heading: true }
}

/** @returns {Column<Schemas["HeavyNetwork"]>} */
function networkColumn() {
  return { title: t("network"), cell: (row) => el("code", {}, row.network), heading: true }
}

/** @returns {Column<Schemas["HeavyKey"]>} */
function quotaColumn() {
  return { title: t("quota"), cell: (row) => el("button", { type: "button", class: "plain small", onclick: () => askForKeyQuota(row) }, t("quota.set")) }
}
