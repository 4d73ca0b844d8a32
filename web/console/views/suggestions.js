// What users suggest to the curators: sets for the curated sizes, and option packs.
/** @import { Schemas } from "../../types/client" */
import { api, server } from "../api.js"
import { date } from "../format.js"
import { href } from "../router.js"
import { session } from "../session.js"
import { texts } from "../texts.js"
import { el } from "../ui/dom.js"
import { paged } from "../ui/list.js"
import { page, section } from "../ui/page.js"
import { empty } from "../ui/states.js"
import { table } from "../ui/table.js"
import { breakable, named, notes } from "./records.js"
import { shown, unitOf } from "./sets/units.js"
import { askToAcceptPack, askToAcceptSet, askToReject } from "./suggestion-dialogs.js"

const t = texts("suggestions")
const measurements = texts("measurements")
const PAGE = 50
const NO_PICTURE = "default-avatar"

/** @typedef {Schemas["SuggestedSet"] | Schemas["SuggestedPack"]} Suggestion */

export function render() {
  return page(
    t("title"),
    el("p", { class: "lead" }, t("text")),
    section(t("sets"), list(setsPage, (one) => askToAcceptSet(one), (one) => api.delete("/suggested-sets/{id}", { path: { id: one.id } }), measuresOf)),
    section(t("packs"), list(packsPage, (one) => askToAcceptPack(one), (one) => api.delete("/suggested-packs/{id}", { path: { id: one.id } }), optionsOf)),
  )
}

/** @param {string | undefined} cursor */
async function setsPage(cursor) {
  const { data, next } = await api.get("/suggested-sets", { query: { limit: PAGE, cursor } })
  return { rows: data.suggestions, next }
}

/** @param {string | undefined} cursor */
async function packsPage(cursor) {
  const { data, next } = await api.get("/suggested-packs", { query: { limit: PAGE, cursor } })
  return { rows: data.suggestions, next }
}

/**
 * @template {Suggestion} S
 * @param {(cursor: string | undefined) => Promise<{ rows: S[], next: string | null }>} load
 * @param {(one: S) => Promise<boolean>} accept whether it was accepted
 * @param {(one: S) => Promise<unknown>} reject
 * @param {(one: S) => import("../ui/dom.js").Child} contentOf
 */
function list(load, accept, reject, contentOf) {
  /** @param {Promise<boolean>} asked */
  const then = async (asked) => {
    if (!(await asked)) return
    await region.reload()
    region.focus()
  }
  /** @param {string} text @param {S} one @param {() => unknown} onclick */
  const button = (text, one, onclick) =>
    el("button", { type: "button", class: "plain small", "aria-label": `${text}: ${named(one.name)}`, onclick }, text)
  /** @type {ReturnType<typeof paged>} */
  const region = paged(load, (rows) => (rows.length ? table(t("title"), [
    { title: t("name"), cell: (one) => breakable(named(one.name)), heading: true },
    { title: t("from"), cell: (one) => userLink(one.userId) },
    { title: t("at"), cell: (one) => el("time", { datetime: one.createdAt }, date(one.createdAt)) },
    { title: t("content"), cell: (one) => el("div", {}, pictureOf(one), notes(one.notes), contentOf(one)) },
    {
      title: t("decision"),
      cell: (one) => el("span", { class: "actions" }, button(t("accept"), one, () => then(accept(one))), button(t("reject"), one, () => then(askToReject(one, () => reject(one))))),
    },
  ], rows) : empty(t("none"))))
  region.tabIndex = -1
  return region
}

/** Only some of the curators may look at accounts. @param {number} id */
function userLink(id) {
  const maySee = session.account?.role === "support" || session.account?.role === "admin"
  return maySee ? el("a", { href: href(`/users/${id}`) }, String(id)) : String(id)
}

/** @param {Suggestion} one */
function pictureOf({ img }) {
  return img !== NO_PICTURE && el("img", { class: "picture", src: `${server}/images/${img}`, alt: "", width: 80, height: 80, loading: "lazy" })
}

/** @param {Schemas["SuggestedSet"]} one */
function measuresOf({ measies }) {
  const rows = Object.entries(measies)
  return details(t.count("measurements", rows.length), rows.map(([name, value]) => [measurements.named("name", name), shown(value, unitOf(name, false))]))
}

/** @param {Schemas["SuggestedPack"]} one */
function optionsOf({ design, options }) {
  const rows = Object.entries(options)
  return details(`${design}: ${t.count("options", rows.length)}`, rows.map(([name, value]) => [name, JSON.stringify(value)]))
}

/** @param {string} summary @param {[string, string][]} rows */
function details(summary, rows) {
  return el("details", {}, el("summary", {}, summary), el("dl", { class: "facts" }, ...rows.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)])))
}
