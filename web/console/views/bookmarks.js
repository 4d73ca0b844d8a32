// The bookmarks of the account.
/** @import { Schemas } from "../../types/client" */
import { api } from "../api.js"
import { date } from "../format.js"
import { href } from "../router.js"
import { texts } from "../texts.js"
import { el } from "../ui/dom.js"
import { paged } from "../ui/list.js"
import { page } from "../ui/page.js"
import { empty } from "../ui/states.js"
import { table } from "../ui/table.js"
import { breakable, everyPage, exports, named, PAGE } from "./records.js"

const t = texts("bookmarks")
const r = texts("records")
/** @typedef {Schemas["Bookmark"]} Bookmark */

export function render() {
  return page(
    t("title"),
    el("p", { class: "lead" }, t("text")),
    paged((cursor) => load(cursor, PAGE), (rows) => (rows.length ? listed(rows) : empty(t("none")))),
  )
}

/** @param {string | undefined} cursor @param {number} [limit] */
async function load(cursor, limit) {
  const { data, next } = await api.get("/bookmarks", { query: { limit, cursor } })
  return { rows: data.bookmarks, next }
}

/** @param {Bookmark[]} bookmarks */
function listed(bookmarks) {
  const rows = table(t("title"), [
    { title: r("name"), cell: (one) => el("a", { href: href(`/bookmarks/${one.id}`) }, breakable(named(one.title))), heading: true },
    { title: t("kind"), cell: (one) => t.named("type", one.type) },
    { title: t("target"), cell: target },
    { title: r("createdAt"), cell: (one) => el("time", { datetime: one.createdAt }, date(one.createdAt)) },
  ], bookmarks)
  return el("div", {}, rows, exports(t("title"), { json: [t("all"), all] }))
}

/** A link if it leads to a site: any text can be stored. @param {Bookmark} bookmark */
export function target({ url }) {
  const text = breakable(url)
  return /^https?:\/\//i.test(url) ? el("a", { href: url, rel: "noopener noreferrer" }, text) : text
}

async function all() {
  const bookmarks = await everyPage((cursor) => load(cursor))
  return new Blob([JSON.stringify({ bookmarks }, null, 2)], { type: "application/json" })
}
