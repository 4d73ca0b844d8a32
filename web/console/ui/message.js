// The result of an action, said where the action is.
import { described } from "../errors.js"
import { currentLanguage } from "../texts.js"
import { el } from "./dom.js"

/** A place for one message, which screen readers read as soon as it is there. */
export function message() {
  const element = el("p", { class: "message", role: "alert" })
  return {
    element,
    clear() {
      element.replaceChildren()
    },
    /** @param {string} text */
    show(text) {
      element.className = "message"
      element.textContent = text
    },
    /** @param {string} text */
    showProblem(text) {
      element.className = "message error"
      element.textContent = text
    },
    /** @param {unknown} error */
    showError(error) {
      const { ours, detail } = described(error)
      element.className = "message error"
      const foreign = currentLanguage() === "en" ? undefined : "en"
      element.replaceChildren(ours, ours && detail ? " " : "", detail ? el("span", { lang: foreign }, detail) : "")
    },
  }
}
