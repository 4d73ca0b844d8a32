// A secret that is shown once, with commands that use it.
/** @import { Schemas } from "../../types/client" */
import { COMMANDS } from "../commands.js"
import { date } from "../format.js"
import { go } from "../router.js"
import { texts } from "../texts.js"
import { copyable } from "../ui/copy.js"
import { el } from "../ui/dom.js"
import { focusTitle, page, section } from "../ui/page.js"

const t = texts("keys")

/**
 * Replace a view by the secret.
 * @param {HTMLElement} view
 * @param {string} title
 * @param {Schemas["ApiKeyWithSecret"]} key
 */
export function showSecret(view, title, key) {
  const done = el("button", { type: "button", onclick: () => go(`/keys/${key.key}`) }, t("secret.done"))
  const shown = page(
    title,
    el("p", { class: "note" }, el("strong", {}, t("secret.once")), " ", t("secret.until", { date: date(key.expiresAt) })),
    el("div", { class: "fields" }, copyable(t("key"), key.key), copyable(t("secret"), key.secret)),
    section(t("commands"), el("p", { class: "quiet" }, t("commands.text")), el("div", { class: "fields" }, ...commandsOf(key))),
    el("p", { class: "actions" }, done),
  )
  view.replaceWith(shown)
  focusTitle(shown)
}

/** @param {Schemas["ApiKeyWithSecret"]} key */
function commandsOf(key) {
  return COMMANDS.map(([language, command]) => {
    const text = command(key)
    return copyable(language, text, { rows: Math.max(2, text.split("\n").length) })
  })
}
