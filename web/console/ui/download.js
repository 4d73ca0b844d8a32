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

/**
 * A button that fetches a file with the token of the session, and stores it.
 * @param {string} text
 * @param {string} name of the file
 * @param {() => Promise<Blob>} load
 */
export function downloadButton(text, name, load) {
  const said = message()
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
  return el("div", { class: "download" }, button, said.element)
}
