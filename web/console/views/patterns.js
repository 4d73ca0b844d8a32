// The patterns of the account.
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
import { badge, breakable, named, PAGE } from "./records.js"

const t = texts("patterns")
const r = texts("records")

export function render() {
  /** @param {string | undefined} cursor */
  const load = async (cursor) => {
    const { data, next } = await api.get("/patterns", { query: { limit: PAGE, cursor } })
    return { rows: data.patterns, next }
  }
  return page(t("title"), el("p", { class: "lead" }, t("text")), paged(load, (rows) => (rows.length ? patternsTable(rows) : empty(t("none")))))
}

/** @param {Schemas["Pattern"][]} patterns */
function patternsTable(patterns) {
  return table(t("title"), [
    { title: r("name"), cell: (one) => el("a", { href: href(`/patterns/${one.id}`) }, breakable(named(one.name))), heading: true },
    { title: t("design"), cell: (one) => breakable(one.design) },
    { title: r("visibility"), cell: (one) => badge(one.public) },
    { title: r("updatedAt"), cell: (one) => el("time", { datetime: one.updatedAt }, date(one.updatedAt)) },
  ], patterns)
}
