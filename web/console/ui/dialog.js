// Modal dialogs. The browser keeps the focus in them and returns it when they close; Escape closes them.
import { texts } from "../texts.js"
import { append, el, newId } from "./dom.js"

const t = texts("shell")

/**
 * Open a dialog; resolve when it is closed, with true if `close(true)` was called.
 * @param {string} title
 * @param {(close: (done?: boolean) => void) => import("./dom.js").Child[]} content
 * @param {{ canCancel?: boolean }} [options] `canCancel`: whether it has a button that closes it
 * @returns {Promise<boolean>}
 */
export function openDialog(title, content, { canCancel = true } = {}) {
  const id = newId()
  const dialog = el("dialog", { "aria-labelledby": id, class: "page" })
  /** @param {boolean} [done] */
  const close = (done = false) => dialog.close(done ? "done" : "")
  const cancel = el("button", { type: "button", class: "plain cancel", onclick: () => close() }, t("cancel"))
  append(dialog, [el("h2", { id }, title), ...content(close)])
  // Enter must not confirm a question that was not read.
  cancel.autofocus = !dialog.querySelector("input, select, textarea")
  if (canCancel) (dialog.querySelector(".actions") ?? dialog).append(cancel)
  document.body.append(dialog)
  dialog.showModal()
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove()
      resolve(dialog.returnValue === "done")
    })
  })
}
