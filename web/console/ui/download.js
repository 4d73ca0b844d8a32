// Files that the browser stores.
import { texts } from "../texts.js"
import { el } from "./dom.js"
import { message } from "./message.js"

const t = texts("shell")

/** @param {Blob} file @param {string} name */
export function save(file, name) {
  const address = URL.createObjectURL(file)
  el("a", { href: address, download: name }).click()
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
}

/** @typedef {[text: string, name: string, load: () => Promise<Blob>]} File the text of its button, and the name of the file */

/**
 * A button that fetches a file with the token of the session, and stores it.
 * @param {File} file
 */
export function downloadButton(...file) {
  const said = message()
  return el("div", { class: "download" }, buttonOf(file, said), said.element)
}

/** Such buttons, with one message for all. @param {File[]} files */
export function downloadButtons(files) {
  const said = message()
  return el("div", { class: "exports" }, ...files.map((file) => buttonOf(file, said)), said.element)
}

/** @param {File} file @param {ReturnType<typeof message>} said */
function buttonOf([text, name, load], said) {
  const button = el("button", { type: "button", class: "plain" }, text)
  button.addEventListener("click", async () => {
    button.disabled = true
    said.clear()
    try {
      save(await load(), name)
      said.show(t("downloaded", { name }))
    } catch (error) {
      said.showError(error)
    } finally {
      button.disabled = false
    }
  })
  return button
}
