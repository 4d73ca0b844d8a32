// What the views of sets, patterns and bookmarks have in common.
/** @import { Schemas } from "../../types/client" */
import { isVisible } from "../format.js"
import { go, href } from "../router.js"
import { currentLanguage, texts } from "../texts.js"
import { askToConfirm } from "../ui/confirm.js"
import { announce, el } from "../ui/dom.js"
import { downloadButtons } from "../ui/download.js"
import { choice, choices } from "../ui/form.js"
import { section } from "../ui/page.js"

const t = texts("records")
/** Records of a page of a list. */
export const PAGE = 100
// FreeSewing's default for notes and names.
const NOTHING = "--"
const NAMES = /** @type {const} */ ({ en: "nameEn", de: "nameDe", es: "nameEs", fr: "nameFr", nl: "nameNl", uk: "nameUk" })

/** @typedef {import("../ui/dom.js").Child} Child */

/** Names and values; those without a value are left out. @param {...[name: string, value: Child | Child[]]} rows */
export function facts(...rows) {
  const given = rows.filter(([, value]) => value || value === 0)
  return el("dl", { class: "facts" }, ...given.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]))
}

/** @param {string} name */
export function named(name) {
  return isVisible(name) && name !== NOTHING ? name : t("unnamed")
}

/** The name of a curated set in the language of the user, or in English. @param {Schemas["CuratedSet"]} size */
export function nameOfSize(size) {
  const name = size[NAMES[currentLanguage()]]
  return isVisible(name) ? name : named(size.nameEn)
}

/** A text of a user in a table: long words may break, others do not. @param {string} text */
export function breakable(text) {
  return el("span", { class: /\S{30}/.test(text) && "long" }, text)
}

/** The text of notes, which is empty for the default. @param {string} text */
export function noteOf(text) {
  return text === NOTHING ? "" : text
}

/** Notes as they were typed, without their Markdown being read. @param {string} text */
export function notes(text) {
  return noteOf(text) ? el("span", { class: "notes" }, text) : null
}

/** @param {boolean} isPublic */
export function badge(isPublic) {
  return el("span", { class: isPublic ? "badge active" : "badge" }, isPublic ? t("public") : t("private"))
}

/** Radio buttons of the name `public`. @param {boolean} isPublic */
export function visibilityChoices(isPublic) {
  return choices(
    t("visibility"),
    choice({ name: "public", value: "", label: t("private"), hint: t("private.means"), checked: !isPublic }),
    choice({ name: "public", value: "yes", label: t("public"), hint: t("public.means"), checked: isPublic }),
  )
}

/**
 * @param {string} name of the files, without their ending
 * @param {Record<string, [label: string, load: () => Promise<Blob>]>} formats by ending
 */
export function exports(name, formats) {
  const file = name.replaceAll(/[^\p{L}\p{N}]+/gu, "-").replaceAll(/^-|-$/g, "").slice(0, 60) || "export"
  const files = Object.entries(formats).map(([ending, [label, load]]) => /** @type {import("../ui/download.js").File} */ ([label, `${file}.${ending}`, load]))
  return section(t("export"), downloadButtons(files))
}

/**
 * A button that asks whether to delete a record, and returns to its list.
 * @param {{ name: string, text: string, back: string, action: () => Promise<unknown> }} parts `text` says what will happen
 */
export function deleteButton({ name, text, back, action }) {
  const ask = () =>
    askToConfirm({
      title: t("delete.title", { name }),
      text,
      submit: t("delete"),
      async action() {
        await action()
        go(back, { replace: true })
        announce(t("deleted", { name }))
      },
    })
  return el("button", { type: "button", class: "plain danger", onclick: ask }, t("delete"))
}

/** @param {string} path @param {string} text @param {string} [look] */
export function linkButton(path, text, look = "button") {
  return el("a", { class: look, href: href(path) }, text)
}

/**
 * All records of a list, page after page.
 * @template R
 * @param {(cursor: string | undefined) => Promise<{ rows: R[], next: string | null }>} load
 * @returns {Promise<R[]>}
 */
export async function everyPage(load) {
  /** @type {R[]} */
  const found = []
  /** @type {string | undefined} */
  let cursor
  do {
    const { rows, next } = await load(cursor)
    found.push(...rows)
    cursor = next ?? undefined
  } while (cursor)
  return found
}
