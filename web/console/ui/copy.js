// Values to copy.
import { texts } from "../texts.js"
import { announce, el, newId } from "./dom.js"

const t = texts("shell")
// Milliseconds until the button offers to copy again.
const COPIED = 2_000

/**
 * A labelled value with a button that copies it.
 * @param {string} label
 * @param {string} value
 * @param {{ rows?: number, onCopied?: () => void }} [options] more than one row is for commands
 */
export function copyable(label, value, { rows = 1, onCopied = () => {} } = {}) {
  const id = newId()
  const attributes = { id, class: "value", readonly: true, spellcheck: "false" }
  const shown = rows === 1 ? el("input", attributes) : el("textarea", { ...attributes, rows, wrap: "off" })
  shown.value = value
  const button = el("button", { type: "button", class: "plain", "aria-label": t("copy.of", { label }) }, t("copy"))
  button.style.minWidth = `calc(${Math.max(...[t("copy"), t("copied"), t("selected")].map((text) => text.length))}ch + 2.5rem)`
  let timer = 0
  shown.addEventListener("copy", onCopied)
  button.addEventListener("click", async () => {
    shown.select()
    // Outside of https, and of one's own machine, browsers have no clipboard: what is selected can be copied by hand.
    const copied = await navigator.clipboard?.writeText(value).then(() => true, () => false)
    button.textContent = copied ? t("copied") : t("selected")
    announce(copied ? t("copied.of", { label }) : t("selected.of", { label }))
    if (copied) onCopied()
    clearTimeout(timer)
    timer = setTimeout(() => (button.textContent = t("copy")), COPIED)
  })
  return el("div", { class: "field" }, el("label", { for: id }, label), el("div", { class: "copied" }, shown, button))
}
