// Reports of usage as tables: by day, and by operation.
/** @import { Schemas } from "../../types/client" */
import { day, number } from "../format.js"
import { texts } from "../texts.js"
import { el } from "./dom.js"
import { empty } from "./states.js"
import { table } from "./table.js"

const t = texts("shell")
/** @typedef {{ name: string, calls: number, errors: number, bytesOut: number, seconds: number }} Sum */

/** @param {Schemas["Usage"]} usage by operation */
export function usageTables(usage) {
  if (!usage.rows.length) return empty(t("usage.none"))
  // On a phone its cards would fill screens.
  const isNarrow = matchMedia("(max-width: 48rem)").matches
  const days = summed(usage.rows, (row) => row.at).reverse()
  const operations = summed(usage.rows, (row) => row.operation ?? "").sort((one, other) => other.calls - one.calls)
  return el(
    "div",
    {},
    el("p", {}, t.count("usage.calls", usage.totals.calls), " ", t.count("usage.errors", usage.totals.errors)),
    el("details", { open: !isNarrow }, el("summary", {}, t("usage.byOperation")), usageTable(t("usage.byOperation"), t("usage.operation"), operations, (name) => el("code", {}, name))),
    el("details", {}, el("summary", {}, t("usage.byDay")), usageTable(t("usage.byDay"), t("usage.day"), days, day)),
  )
}

/**
 * @param {string} caption
 * @param {string} title
 * @param {Sum[]} rows
 * @param {(name: string) => import("./dom.js").Child} shown
 */
function usageTable(caption, title, rows, shown) {
  return table(caption, [
    { title, cell: (row) => shown(row.name), heading: true },
    { title: t("usage.callsTitle"), cell: (row) => number(row.calls), number: true },
    { title: t("usage.errorsTitle"), cell: (row) => number(row.errors), number: true },
    { title: t("usage.kilobytes"), cell: (row) => number(row.bytesOut / 1000, { maximumFractionDigits: 1 }), number: true },
    { title: t("usage.milliseconds"), cell: (row) => number((row.seconds * 1000) / row.calls, { maximumFractionDigits: 1 }), number: true },
  ], rows)
}

/**
 * @param {readonly Schemas["UsageRow"][]} rows
 * @param {(row: Schemas["UsageRow"]) => string} group
 * @returns {Sum[]}
 */
function summed(rows, group) {
  /** @type {Map<string, Sum>} */
  const sums = new Map()
  for (const row of rows) {
    const name = group(row)
    const sum = sums.get(name) ?? { name, calls: 0, errors: 0, bytesOut: 0, seconds: 0 }
    sum.calls += row.calls
    sum.errors += row.errors
    sum.bytesOut += row.bytesOut
    sum.seconds += row.seconds
    sums.set(name, sum)
  }
  return [...sums.values()]
}
