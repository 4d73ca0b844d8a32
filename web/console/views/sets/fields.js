// Fields for measurements: what is typed is read at once, in the unit that is chosen.
/** @import { Name, Values } from "./measurements.js" */
import { texts } from "../../texts.js"
import { announce, el, newId } from "../../ui/dom.js"
import { explanationOf, GROUPS, groupName, nameOf, OLD, questionAbout } from "./measurements.js"
import { read, shown, unitOf, written } from "./units.js"

const t = texts("sets")

/**
 * @param {Values} stored
 * @param {boolean} imperial
 */
export function measurementFields(stored, imperial) {
  const state = { imperial, stored }
  const groups = GROUPS.map(([group, names]) => {
    const fields = names.filter((name) => name !== OLD || stored[name]).map((name) => measurementField(name, state))
    return { fields, element: el("fieldset", {}, el("legend", {}, el("h2", {}, groupName(group))), el("div", { class: "row" }, ...fields.map((one) => one.element))) }
  })
  const fields = groups.flatMap((group) => group.fields)
  const ask = () => fields.forEach((one) => one.ask(valuesOf(fields)))
  // Asked when a field is left: the beginning of a number is not yet a value.
  groups.forEach(({ element }) => element.addEventListener("change", ({ target }) => {
    ask()
    announce(fields.find((one) => one.input === target)?.question() ?? "")
  }))
  ask()
  return {
    elements: groups.map((group) => group.element),
    /** Show all in the other unit; what is stored for them stays. @param {boolean} chosen */
    showIn(chosen) {
      state.imperial = chosen
      fields.forEach((one) => one.show())
      ask()
    },
    /** The changes, as the API merges them: null removes a measurement. */
    changes() {
      return Object.fromEntries(fields.filter((one) => one.isChanged()).map((one) => [one.name, one.value]))
    },
    /** Mark the fields that cannot be read and move to the first. @returns {boolean} whether all can be read */
    check() {
      const wrong = fields.filter((one) => one.isWrong())
      wrong.forEach((one) => one.mark())
      wrong[0]?.input.focus()
      return !wrong.length
    },
    /** The questions about what was changed, with the names of the measurements. @returns {[name: string, question: string][]} */
    questions() {
      const values = valuesOf(fields)
      const changed = fields.filter((one) => one.isChanged() && one.value !== null)
      return changed.flatMap((one) => {
        const question = questionAbout(one.name, values, state.imperial)
        return question ? [/** @type {[string, string]} */ ([`${nameOf(one.name)}: ${shown(one.value ?? 0, unitOf(one.name, state.imperial))}`, question])] : []
      })
    },
    /** What is stored has changed: show it where nothing else was typed. @param {Values} now */
    rebase(now) {
      const untouched = fields.filter((one) => !one.isChanged())
      state.stored = now
      untouched.forEach((one) => one.reset())
      ask()
    },
  }
}

/** @typedef {ReturnType<typeof measurementField>} Field */

/** @param {Field[]} fields @returns {Values} */
function valuesOf(fields) {
  return Object.fromEntries(fields.filter((one) => one.value && !one.isWrong()).map((one) => [one.name, one.value]))
}

/**
 * @param {Name} name
 * @param {{ imperial: boolean, stored: Values }} state
 */
function measurementField(name, state) {
  const id = newId()
  const unit = el("span", { class: "unit" })
  const said = el("small", { id: `${id}-question`, class: "question" })
  const about = el("small", { id: `${id}-about` }, explanationOf(name))
  const described = `${id}-about ${id}-question`
  const input = el("input", { id, autocomplete: "off", maxlength: 40, "aria-describedby": described })
  const field = {
    name,
    input,
    element: el("div", { class: "field" }, el("label", { for: id }, nameOf(name), " ", unit), input, about, said),
    value: /** @type {number | null} */ (null),
    isChanged: () => field.value !== (state.stored[name] ?? null),
    isWrong: () => Number.isNaN(field.value),
    show() {
      // Inches are typed with fractions, which the decimal keyboards of phones lack.
      input.inputMode = unitOf(name, state.imperial) === "inch" ? "text" : "decimal"
      unit.textContent = `(${t.named("unit", unitOf(name, state.imperial))})`
      if (!field.isWrong()) input.value = field.value === null ? "" : written(field.value, unitOf(name, state.imperial))
    },
    reset() {
      field.value = state.stored[name] ?? null
      field.show()
    },
    question: () => said.textContent ?? "",
    mark() {
      input.setAttribute("aria-invalid", "true")
      said.textContent = t("notANumber")
    },
    /** @param {Values} values */
    ask(values) {
      if (field.isWrong()) return field.mark()
      input.removeAttribute("aria-invalid")
      said.textContent = questionAbout(name, values, state.imperial)
    },
  }
  input.addEventListener("input", () => (field.value = read(input.value, unitOf(name, state.imperial))))
  field.reset()
  return field
}
