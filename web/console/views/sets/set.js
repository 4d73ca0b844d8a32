// One measurement set.
/** @import { Context } from "../../../types/views" */
/** @import { Name, Values } from "./measurements.js" */
import { api, server } from "../../api.js"
import { dateTime } from "../../format.js"
import { href } from "../../router.js"
import { texts } from "../../texts.js"
import { el } from "../../ui/dom.js"
import { page } from "../../ui/page.js"
import { empty } from "../../ui/states.js"
import { table } from "../../ui/table.js"
import { copyable } from "../../ui/copy.js"
import { badge, deleteButton, exports, facts, linkButton, named, notes } from "../records.js"
import { explanationOf, GROUPS, groupName, nameOf, questionAbout } from "./measurements.js"
import { shown, unitOf } from "./units.js"

const t = texts("sets")
const r = texts("records")

/** @param {Context} context */
export async function render({ params: { id = "" }, query }) {
  const path = { id }
  const { data: { set }, etag } = await api.get("/sets/{id}", { path })
  const imperial = query.has("units") ? query.get("units") === "inch" : set.imperial
  const remove = deleteButton({
    name: named(set.name),
    text: t("delete.text"),
    back: "/sets",
    action: () => api.delete("/sets/{id}", { path, ifMatch: etag ?? undefined }),
  })
  return page(
    named(set.name),
    facts(
      [r("visibility"), [badge(set.public), " ", set.public ? r("public.means") : r("private.means")]],
      [r("notes"), notes(set.notes)],
      [r("createdAt"), dateTime(set.createdAt)],
      [r("updatedAt"), dateTime(set.updatedAt)],
    ),
    set.public && copyable(r("address"), `${server}/sets/${set.id}.json`),
    el("p", { class: "actions" }, linkButton(`/sets/${id}/edit`, t("edit")), unitsLink(id, imperial), remove),
    measured(set.measies, imperial),
    exports(named(set.name), {
      smis: ["SeamlyMe (.smis)", () => api.file("/sets/{id}.smis", { path })],
      vit: ["Valentina (.vit)", () => api.file("/sets/{id}.vit", { path })],
      csv: ["CSV", () => api.file("/sets/{id}.csv", { path })],
      json: ["JSON", () => api.file("/sets/{id}.json", { path })],
      yaml: ["YAML", () => api.file("/sets/{id}.yaml", { path })],
    }),
  )
}

/** @param {string} id @param {boolean} imperial */
function unitsLink(id, imperial) {
  return el("a", { href: href(`/sets/${id}?units=${imperial ? "cm" : "inch"}`) }, imperial ? t("show.cm") : t("show.inch"))
}

/** A table for each group that has values. @param {Values} values @param {boolean} imperial */
function measured(values, imperial) {
  const groups = GROUPS.map(([group, names]) => /** @type {const} */ ([groupName(group), names.filter((name) => values[name])]))
  const parts = groups.filter(([, names]) => names.length).map(([title, names]) => [
    el("h2", {}, title),
    table(title, [
      { title: t("measurement"), cell: measurementCell, heading: true },
      { title: t("value"), cell: (name) => valueCell(name, values, imperial), number: true },
    ], names),
  ])
  return el("div", { class: "measured" }, ...(parts.length ? parts.flat() : [empty(t("unmeasured"))]))
}

/** @param {Name} name */
function measurementCell(name) {
  return el("span", {}, nameOf(name), " ", el("small", {}, explanationOf(name)))
}

/**
 * A value, and a question if it is unusual.
 * @param {Name} name
 * @param {Values} values
 * @param {boolean} imperial
 */
export function valueCell(name, values, imperial) {
  const question = questionAbout(name, values, imperial)
  return el("span", {}, shown(values[name] ?? 0, unitOf(name, imperial)), question ? el("small", { class: "question" }, question) : null)
}
