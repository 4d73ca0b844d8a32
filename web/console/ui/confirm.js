// Questions before an action that cannot be undone, or that the user should know the result of.
import { openDialog } from "./dialog.js"
import { el } from "./dom.js"
import { form } from "./form.js"

/**
 * Ask in a dialog, which closes once the action succeeds; an error is shown in it.
 * @param {object} parts
 * @param {string} parts.title
 * @param {string} parts.text what will happen
 * @param {string} parts.submit the text of the button
 * @param {() => Promise<unknown>} parts.action
 * @param {boolean} [parts.danger] whether the action cannot be undone
 * @param {(error: import("../errors.js").RequestError) => void} [parts.onError] besides showing it
 * @returns {Promise<boolean>} whether it was done
 */
export function askToConfirm({ title, text, submit, action, danger = true, onError }) {
  return openDialog(title, (close) => [
    el("p", {}, text),
    form({
      fields: [],
      submit,
      danger,
      async action() {
        await action()
        close(true)
      },
      onError,
    }),
  ])
}
