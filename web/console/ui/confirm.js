// Questions before an action that cannot be undone, or that the user should know the result of.
import { refresh } from "../router.js"
import { openDialog } from "./dialog.js"
import { el } from "./dom.js"
import { form } from "./form.js"

/**
 * Ask in a dialog, which closes once the action succeeds; an error is shown in it. If the record was changed elsewhere,
 * the view is shown anew when the dialog closes, so that the next question is about the present version.
 * @param {object} parts
 * @param {string} parts.title
 * @param {string} parts.text what will happen
 * @param {string} parts.submit the text of the button
 * @param {() => Promise<unknown>} parts.action
 * @param {boolean} [parts.danger] whether the action cannot be undone
 * @returns {Promise<boolean>} whether it was done
 */
export async function askToConfirm({ title, text, submit, action, danger = true }) {
  let isOutdated = false
  const done = await openDialog(title, (close) => [
    el("p", {}, text),
    form({
      fields: [],
      submit,
      danger,
      async action() {
        await action()
        close(true)
      },
      onError: (error) => (isOutdated = error.status === 412),
    }),
  ])
  if (isOutdated && !done) await refresh()
  return done
}
