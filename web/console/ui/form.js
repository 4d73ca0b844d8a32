// Forms: one submission at a time, errors said in the form, nothing that was typed is lost.
import { newKey } from "../api.js"
import { RequestError } from "../errors.js"
import { isVisible } from "../format.js"
import { texts } from "../texts.js"
import { el, newId } from "./dom.js"
import { message } from "./message.js"

const t = texts("shell")

/**
 * @typedef {object} Values
 * @property {(name: string) => string} text
 * @property {(name: string) => number} number
 * @property {(name: string) => boolean} checked
 * @property {(name: string) => File | null} file null if none was chosen
 * @property {string} idempotencyKey the same until the fields change or the action succeeds
 */
/** @typedef {HTMLFormElement & { message: ReturnType<typeof message> }} Form */
/** @typedef {import("../../types/client").Schemas["FieldProblem"][]} Problems */

/**
 * @param {object} parts
 * @param {import("./dom.js").Child[]} parts.fields
 * @param {string} parts.submit the text of its button
 * @param {(values: Values, form: Form) => Promise<unknown>} parts.action
 * @param {(error: RequestError, form: Form) => boolean | void} [parts.onError] besides showing it; it may not wait
 * @param {import("./dom.js").Child[]} [parts.besides] elements beside the button
 * @param {boolean} [parts.danger] whether the action cannot be undone
 * @param {boolean} [parts.isLong] whether its button and message stay in view, because the fields do not fit in the window
 * @returns {Form}
 */
export function form({ fields, submit, action, onError, besides = [], danger = false, isLong = false }) {
  const said = message()
  const button = el("button", { class: danger && "danger" }, submit)
  const actions = el("div", { class: "actions" }, isLong && said.element, button, ...besides)
  const element = Object.assign(
    el("form", { class: isLong && "long" }, ...fields, !isLong && said.element, actions),
    { message: said },
  )
  /** Mark these fields, and say it below the first of them, or above the button. @param {Problems} problems */
  const mark = (problems) => {
    const first = markInvalid(element, problems)
    if (isLong) return
    const marked = first?.closest(".field")
    if (marked) marked.after(said.element)
    else actions.before(said.element)
  }
  let key = newKey()
  element.addEventListener("input", () => (key = newKey()))
  element.addEventListener("submit", async (event) => {
    event.preventDefault()
    if (button.disabled) return
    said.clear()
    mark([])
    if (lacksName(element)) {
      mark([{ in: "body", pointer: "/name", detail: "" }])
      return said.showProblem(t("error.nameMissing"))
    }
    button.disabled = true
    try {
      await action(valuesOf(element, key), element)
      key = newKey()
    } catch (error) {
      said.showError(error)
      if (error instanceof RequestError) {
        mark(error.errors)
        onError?.(error, element)
      }
    } finally {
      button.disabled = false
      // A disabled button loses the focus. Whoever uses the keyboard goes on where the error is.
      if (said.element.matches(".error:not(:empty)") && isLost(button)) said.element.focus()
    }
  })
  return element
}

/** Whether a name is required and has no visible character, which the browser does not check. @param {HTMLFormElement} element */
function lacksName(element) {
  const name = element.querySelector("input[name=name][required]")
  return name instanceof HTMLInputElement && !isVisible(name.value)
}

/** @param {HTMLElement} button of a form @returns {boolean} whether the focus is nowhere else */
function isLost(button) {
  const { activeElement } = document
  return !activeElement || activeElement === document.body || activeElement === button
}

/** @param {HTMLFormElement} element @param {string} idempotencyKey @returns {Values} */
function valuesOf(element, idempotencyKey) {
  const data = new FormData(element)
  return {
    text: (name) => String(data.get(name) ?? ""),
    number: (name) => Number(data.get(name)),
    checked: (name) => data.has(name),
    file: (name) => {
      const file = data.get(name)
      return file instanceof File && file.name ? file : null
    },
    idempotencyKey,
  }
}

/**
 * Mark the fields that the server named, and move the focus to the first.
 * @param {HTMLFormElement} element
 * @param {Problems} problems
 * @returns {Element | undefined} the first
 */
function markInvalid(element, problems) {
  const names = new Set(problems.filter((one) => one.in === "body").map((one) => one.pointer.split("/")[1]))
  const inputs = [...element.querySelectorAll("input, select, textarea")]
  for (const input of inputs) {
    if (names.has(input.getAttribute("name") ?? "")) input.setAttribute("aria-invalid", "true")
    else input.removeAttribute("aria-invalid")
  }
  const [first] = inputs.filter((input) => input.hasAttribute("aria-invalid"))
  if (first instanceof HTMLElement) first.focus()
  return first
}

/**
 * A labelled field. Other properties become attributes of its element.
 * @param {object} parts
 * @param {string} parts.name
 * @param {string} parts.label
 * @param {string} [parts.hint]
 * @param {"input" | "textarea" | "select"} [parts.tag]
 * @param {[value: string, text: string][]} [parts.options] of a select
 * @param {string | number} [parts.value]
 * @param {boolean} [parts.hidden]
 * @param {import("./dom.js").Properties} [attributes]
 */
export function field({ name, label, hint, tag = "input", options = [], value, hidden = false }, attributes = {}) {
  const id = newId()
  const described = hint ? `${id}-hint` : undefined
  const choices = options.map(([one, text]) => el("option", { value: one }, text))
  const input = el(tag, { id, name, "aria-describedby": described, ...attributes }, choices)
  if (value !== undefined) input.value = String(value)
  const small = hint ? el("small", { id: described ?? "" }, hint) : null
  return Object.assign(el("div", { class: "field", hidden }, el("label", { for: id }, label), input, small), { input })
}

/**
 * One of several radio buttons, with an explanation.
 * @param {object} parts
 * @param {string} parts.name
 * @param {string} parts.value
 * @param {string} parts.label
 * @param {string} [parts.hint]
 * @param {boolean} [parts.checked]
 */
export function choice({ name, value, label, hint, checked = false }) {
  const input = el("input", { type: "radio", name, value, checked, required: true })
  return el("label", { class: "choice" }, input, el("span", {}, el("strong", {}, label), hint ? ` ${hint}` : null))
}

/**
 * A box to tick, with an explanation.
 * @param {object} parts
 * @param {string} parts.name
 * @param {string} parts.label
 * @param {string} [parts.hint]
 * @param {boolean} [parts.checked]
 */
export function checkbox({ name, label, hint, checked = false }) {
  const input = el("input", { type: "checkbox", name, checked })
  return el("label", { class: "choice" }, input, el("span", {}, el("strong", {}, label), hint ? ` ${hint}` : null))
}

/** Radio buttons under a common legend. @param {string} legend @param {...HTMLElement} choices */
export function choices(legend, ...choices) {
  return el("fieldset", {}, el("legend", {}, legend), ...choices)
}

/** Whose password a form is about, for password managers. @param {string | undefined} username */
export function usernameOf(username = "") {
  return el("input", { type: "text", name: "username", autocomplete: "username", value: username, hidden: true, readonly: true })
}

/** Show a field that was hidden, require it, and focus it. @param {ReturnType<typeof field>} shown */
export function reveal(shown) {
  shown.hidden = false
  shown.input.required = true
  shown.input.focus()
}
