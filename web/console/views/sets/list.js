// The measurement sets of the account.
/** @import { Schemas } from "../../../types/client" */
import { api } from "../../api.js"
import { date, number } from "../../format.js"
import { href } from "../../router.js"
import { texts } from "../../texts.js"
import { el } from "../../ui/dom.js"
import { paged } from "../../ui/list.js"
import { page } from "../../ui/page.js"
import { empty } from "../../ui/states.js"
import { table } from "../../ui/table.js"
import { badge, breakable, linkButton, named, PAGE } from "../records.js"

const t = texts("sets")
const r = texts("records")

export function render() {
  /** @param {string | undefined} cursor */
  const load = async (cursor) => {
    const { data, next } = await api.get("/sets", { query: { limit: PAGE, cursor } })
    return { rows: data.sets, next }
  }
  return page(
    t("title"),
    el("p", { class: "lead" }, t("text")),
    el("p", { class: "actions" }, linkButton("/sets/new", t("new")), linkButton("/sets/import", t("import"), "button plain")),
    paged(load, (sets) => (sets.length ? setsTable(sets) : empty(t("none")))),
  )
}

/** @param {Schemas["MeasurementsSet"][]} sets */
function setsTable(sets) {
  return table(t("title"), [
    { title: r("name"), cell: (set) => el("a", { href: href(`/sets/${set.id}`) }, breakable(named(set.name))), heading: true },
    { title: t("measurements"), cell: (set) => number(Object.keys(set.measies).length), number: true },
    { title: t("units"), cell: (set) => (set.imperial ? t("inches") : t("centimetres")) },
    { title: r("visibility"), cell: (set) => badge(set.public) },
    { title: r("updatedAt"), cell: (set) => el("time", { datetime: set.updatedAt }, date(set.updatedAt)) },
  ], sets)
}
