// Tables, which become lists of cards on narrow screens.
import { el } from "./dom.js"

/**
 * @template R
 * @typedef {object} Column
 * @property {string} title
 * @property {(row: R) => import("./dom.js").Child} cell
 * @property {boolean} [number] aligned to the right
 * @property {boolean} [heading] whether it names the row
 */

/**
 * @template R
 * @param {string} caption what the table lists, for screen readers
 * @param {Column<R>[]} columns
 * @param {readonly R[]} rows
 */
export function table(caption, columns, rows) {
  const titles = columns.map(({ title, number }) => el("th", { scope: "col", class: number && "number" }, title))
  return el(
    "table",
    { class: "rows" },
    el("caption", { class: "unseen" }, caption),
    el("thead", {}, el("tr", {}, titles)),
    el("tbody", {}, ...rows.map((row) => el("tr", {}, ...columns.map((column) => cellOf(column, row))))),
  )
}

/** @template R @param {Column<R>} column @param {R} row */
function cellOf({ title, cell, number, heading }, row) {
  const content = el("span", { class: "cell" }, cell(row))
  const properties = { "data-title": title, class: number && "number" }
  return heading ? el("th", { ...properties, scope: "row" }, content) : el("td", properties, content)
}
