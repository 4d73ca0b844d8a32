// Edit a measurement set. Only what was changed is sent, so that two tabs can change different things.
/** @import { Schemas } from "../../../types/client" */
/** @import { Context } from "../../../types/views" */
import { api } from "../../api.js"
import { unlessChanged } from "../../conditional.js"
import { go, href } from "../../router.js"
import { texts } from "../../texts.js"
import { openDialog } from "../../ui/dialog.js"
import { el, tell } from "../../ui/dom.js"
import { field, form } from "../../ui/form.js"
import { page } from "../../ui/page.js"
import { warnOfUnsaved } from "../../ui/unsaved.js"
import { named, noteOf, visibilityChoices } from "../records.js"
import { measurementFields } from "./fields.js"

const t = texts("sets")
const r = texts("records")
/** @typedef {Schemas["MeasurementsSet"]} MeasurementsSet */

/** @param {Context} context */
export async function render({ params: { id = "" }, signal }) {
  const path = { id }
  const read = await api.get("/sets/{id}", { path })
  const { set } = read.data
  let { etag } = read
  const measurements = measurementFields(set.measies, set.imperial)
  const conflict = el("p", { class: "note", role: "status", hidden: true })
  const units = unitsField(set.imperial, t("units.hint"))
  units.input.addEventListener("change", () => measurements.showIn(units.input.value === "inch"))
  /** Show what was saved elsewhere, where nothing else was typed, so that the next attempt changes it. */
  const showPresent = async () => {
    const reply = await api.get("/sets/{id}", { path })
    measurements.rebase(reply.data.set.measies)
    const kept = changed(element, shown)
    fill(element, reply.data.set)
    shown = typed(element)
    fill(element, { ...reply.data.set, ...kept })
    measurements.showIn(units.input.value === "inch")
    etag = reply.etag
    conflict.hidden = false
    conflict.textContent = t("conflict")
  }
  const element = form({
    isLong: true,
    fields: [
      field({ name: "name", label: r("name") }, { maxlength: 500, required: true, autocomplete: "off" }),
      field({ name: "notes", label: r("notes"), hint: t("notes.hint"), tag: "textarea" }, { maxlength: 20_000, rows: 3 }),
      visibilityChoices(set.public),
      units,
      ...measurements.elements,
      conflict,
    ],
    submit: t("save"),
    besides: [el("a", { href: href(`/sets/${id}`) }, t("back"))],
    async action() {
      if (!measurements.check()) return element.message.showProblem(t("edit.wrong"))
      if (!(await isConfirmed(measurements.questions()))) return
      const body = { ...changed(element, shown), measies: measurements.changes() }
      await unlessChanged(() => api.patch("/sets/{id}", { path, body, ifMatch: etag ?? undefined }), showPresent)
      saved = true
      go(`/sets/${id}`)
      tell(t("saved"))
    },
  })
  fill(element, set)
  let shown = typed(element)
  let saved = false
  const isChanged = () => !saved && Object.keys({ ...changed(element, shown), ...measurements.changes() }).length > 0
  warnOfUnsaved(isChanged, signal)
  return page(t("edit.title", { name: named(set.name) }), element)
}

/** @param {boolean} imperial @param {string} [hint] */
export function unitsField(imperial, hint) {
  /** @type {[string, string][]} */
  const options = [["cm", t("centimetres")], ["inch", t("inches")]]
  return field({ name: "units", label: t("units"), hint, tag: "select", options, value: imperial ? "inch" : "cm" })
}

/** @typedef {Pick<MeasurementsSet, "name" | "notes" | "public" | "imperial">} Facts what a set has besides measurements */

/** @param {HTMLFormElement} element @returns {Facts} */
function typed(element) {
  const data = new FormData(element)
  const text = (/** @type {string} */ name) => String(data.get(name) ?? "")
  return { name: text("name").trim(), notes: text("notes"), public: text("public") !== "", imperial: text("units") === "inch" }
}

/** @param {HTMLFormElement} element @param {Facts} facts */
function fill(element, facts) {
  const values = { name: facts.name, notes: noteOf(facts.notes), public: facts.public ? "yes" : "", units: facts.imperial ? "inch" : "cm" }
  for (const [name, value] of Object.entries(values)) {
    const input = element.elements.namedItem(name)
    if (input && "value" in input) input.value = value
  }
}

/**
 * What was typed, compared with what the fields showed: fields change the ends of lines.
 * @param {HTMLFormElement} element
 * @param {Facts} shown
 * @returns {Partial<Facts>}
 */
function changed(element, shown) {
  const before = new Map(Object.entries(shown))
  return Object.fromEntries(Object.entries(typed(element)).filter(([name, value]) => before.get(name) !== value))
}

/** @param {[name: string, question: string][]} questions */
async function isConfirmed(questions) {
  if (!questions.length) return true
  return openDialog(t("unusual.title"), (close) => [
    el("ul", {}, ...questions.map(([name, question]) => el("li", {}, el("strong", {}, name), " ", question))),
    el("div", { class: "actions" }, el("button", { type: "button", onclick: () => close(true) }, t("unusual.save"))),
  ])
}
