// The result of an action, said where the action is.
import { described } from "../errors.js"
import { currentLanguage } from "../texts.js"
import { el } from "./dom.js"

/** The first sentence, and the rest of a text. @param {string} text @returns {(string | Node)[]} */
function sentences(text) {
  const [, first, rest] = /^(.+?[.!?]) (.+)$/.exec(text) ?? []
  return first && rest ? [`${first} `, el("small", {}, rest)] : [text]
}

/** A place for one message, which screen readers read as soon as it is there. */
export function message() {
  const element = el("p", { class: "message", role: "alert", tabindex: -1 })
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
      // What is wrong comes first, and what else there is to know is quieter.
      const told = detail && el("span", { lang: foreign }, ...sentences(detail))
      element.replaceChildren(...(detail ? [ours && `${ours} `, told] : sentences(ours)))
    },
  }
}
