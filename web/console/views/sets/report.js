// The report of an import: what was mapped, derived and dropped; and the form that stores it.
/** @import { Schemas } from "../../../types/client" */
import { api } from "../../api.js"
import { go } from "../../router.js"
import { currentLanguage, texts } from "../../texts.js"
import { announce, el } from "../../ui/dom.js"
import { field, form } from "../../ui/form.js"
import { empty } from "../../ui/states.js"
import { table } from "../../ui/table.js"
import { breakable } from "../records.js"
import { nameOf } from "./measurements.js"
import { valueCell } from "./set.js"

const t = texts("sets")
const r = texts("records")
/** @typedef {Schemas["ImportReport"]} Report */
/** @typedef {Schemas["ImportedMeasurement"]} Imported */

/**
 * @param {File} file
 * @param {{ format: Schemas["ImportFormat"], units?: Schemas["ImportUnit"] }} query with which it was read
 * @param {Report} report
 */
export function reportOf(file, query, report) {
  const { measurements, derived, dropped } = report
  const found = measurements.length + derived.length
  const view = el(
    "div",
    {},
    ...part(t("report.measurements"), t.count("report.found", measurements.length), measurements.length && importedTable(t("report.measurements"), measurements, report)),
    ...(derived.length ? part(t("report.derived"), t("report.derived.text"), importedTable(t("report.derived"), derived, report)) : []),
    ...(dropped.length ? part(t("report.dropped"), t("report.dropped.text"), droppedTable(dropped)) : []),
    found ? el("h2", {}, t("report.store")) : null,
    found ? storeForm(file, query, derived.length > 0) : empty(t("report.none")),
  )
  announce(t.count("report.found", measurements.length))
  return view
}

/** @param {string} title @param {string} text @param {import("../../ui/dom.js").Child} content */
function part(title, text, content) {
  return [el("h2", {}, title), el("p", {}, text), content || null]
}

/** @param {string} caption @param {Imported[]} rows @param {Report} report */
function importedTable(caption, rows, { measurements, derived, imperial }) {
  const values = Object.fromEntries([...derived, ...measurements].map((one) => [one.name, one.value]))
  return table(caption, [
    { title: t("measurement"), cell: (row) => nameOf(row.name), heading: true },
    { title: t("value"), cell: (row) => valueCell(row.name, values, imperial), number: true },
    { title: t("report.source"), cell: (row) => el("code", {}, row.source) },
    { title: t("report.how"), cell: how },
  ], rows)
}

/** The note of the server is in English. @param {Imported} row */
function how({ how, confidence, note }) {
  const foreign = currentLanguage() === "en" ? undefined : "en"
  const trust = t.named("confidence", confidence)
  return el("span", {}, `${t.named("how", how)}. ${trust}`, note ? el("small", { lang: foreign }, ` ${note}`) : null)
}

/** @param {Schemas["ImportDropped"][]} rows */
function droppedTable(rows) {
  return table(t("report.dropped"), [
    { title: t("report.source"), cell: (row) => el("code", {}, breakable(row.source)), heading: true },
    { title: t("report.reason"), cell: (row) => t.named("reason", row.reason) },
  ], rows)
}

/** @param {File} file @param {Parameters<typeof reportOf>[1]} query @param {boolean} hasDerived */
function storeForm(file, query, hasDerived) {
  return form({
    fields: [
      field({ name: "name", label: r("name"), hint: t("name.hint"), value: file.name.replace(/\.[^.]*$/, "").slice(0, 500) }, { maxlength: 500, required: true, autocomplete: "off" }),
      hasDerived && el("label", { class: "choice" }, el("input", { type: "checkbox", name: "derived" }), t("report.withDerived")),
    ],
    submit: t("report.submit"),
    async action(values) {
      const wanted = { ...query, store: true, name: values.text("name").trim(), derived: values.checked("derived") }
      const { data } = await api.post("/sets/import", { query: wanted, file, idempotencyKey: values.idempotencyKey })
      if ("set" in data) go(`/sets/${data.set.id}`)
      announce(t("created"))
    },
  })
}
