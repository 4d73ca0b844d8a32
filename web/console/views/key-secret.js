// A secret that is shown once, with commands that use it.
/** @import { Schemas } from "../../types/client" */
import { COMMANDS, listing, storing } from "../commands.js"
import { date } from "../format.js"
import { go } from "../router.js"
import { texts } from "../texts.js"
import { copyable } from "../ui/copy.js"
import { el } from "../ui/dom.js"
import { focusTitle, page, section } from "../ui/page.js"
import { warnOfUnsaved } from "../ui/unsaved.js"

const t = texts("keys")
/** The lowest level that stores sewing data. */
const WRITING = 3

/**
 * Replace a view by the secret.
 * @param {HTMLElement} view
 * @param {string} title
 * @param {Schemas["ApiKeyWithSecret"]} key
 * @param {AbortSignal} signal that of the view
 */
export function showSecret(view, title, key, signal) {
  let isCopied = false
  const onCopied = () => (isCopied = true)
  const leave = () => {
    onCopied()
    go(`/keys/${key.key}`)
  }
  const done = el("button", { type: "button", onclick: leave }, t("secret.done"))
  const shown = page(
    title,
    el("p", { class: "note" }, el("strong", {}, t("secret.once")), " ", t("secret.until", { date: date(key.expiresAt) })),
    el("div", { class: "fields" }, copyable(t("key"), key.key), copyable(t("secret"), key.secret, { onCopied })),
    ...commandsOf(key, onCopied),
    el("p", { class: "actions" }, done),
  )
  view.replaceWith(shown)
  focusTitle(shown)
  warnOfUnsaved(() => !isCopied, signal, { title: t("leave.title"), text: t("leave.text"), submit: t("leave") })
}

/** @param {Schemas["ApiKeyWithSecret"]} key @param {() => void} onCopied called when one of them was copied: they have the secret */
function commandsOf(key, onCopied) {
  /** @param {import("../commands.js").Sent} sent @param {(language: string) => string} label */
  const fields = (sent, label) => COMMANDS.map(([language, command]) => {
    const text = command(key, sent)
    return copyable(label(language), text, { rows: Math.max(2, text.split("\n").length), onCopied })
  })
  const seen = key.level > 0 ? t("commands.list") : t("commands.who")
  const list = section(
    t("commands"),
    el("p", { class: "quiet" }, t("commands.text"), " ", seen),
    el("div", { class: "fields" }, ...fields(listing(key.level), (language) => language)),
  )
  if (key.level < WRITING) return [list]
  const store = section(
    t("store"),
    el("p", { class: "quiet" }, t("store.text")),
    el("div", { class: "fields" }, ...fields(storing(t("store.name")), (language) => t("store.with", { language }))),
  )
  return [list, store]
}
