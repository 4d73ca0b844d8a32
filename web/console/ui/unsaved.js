// A question before the user leaves a view in which something was changed and not saved.
import { askBeforeLeaving } from "../router.js"
import { texts } from "../texts.js"
import { askToConfirm } from "./confirm.js"

const t = texts("shell")

/**
 * @param {() => boolean} isChanged
 * @param {AbortSignal} signal that of the view
 * @param {{ title: string, text: string, submit: string }} [question]
 */
export function warnOfUnsaved(isChanged, signal, question = { title: t("unsaved.title"), text: t("unsaved.text"), submit: t("unsaved.leave") }) {
  // The browser asks in its own words.
  addEventListener("beforeunload", (event) => isChanged() && event.preventDefault(), { signal })
  askBeforeLeaving(async () => !isChanged() || askToConfirm({ ...question, action: async () => {} }))
}
