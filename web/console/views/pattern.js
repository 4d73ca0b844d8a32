// One pattern.
/** @import { Schemas } from "../../types/client" */
/** @import { Context } from "../../types/views" */
import { api, server } from "../api.js"
import { dateTime } from "../format.js"
import { href } from "../router.js"
import { texts } from "../texts.js"
import { copyable } from "../ui/copy.js"
import { el } from "../ui/dom.js"
import { page, section } from "../ui/page.js"
import { badge, deleteButton, exports, facts, named, nameOfSize, notes } from "./records.js"

const t = texts("patterns")
const r = texts("records")

/** @param {Context} context */
export async function render({ params: { id = "" } }) {
  const path = { id }
  const { data: { pattern }, etag } = await api.get("/patterns/{id}", { path })
  const name = named(pattern.name)
  return page(
    name,
    facts(
      [t("design"), pattern.design],
      [t("set"), measurementsOf(pattern)],
      [r("visibility"), [badge(pattern.public), " ", pattern.public ? r("public.means") : r("private.means")]],
      [r("notes"), notes(pattern.notes)],
      [r("createdAt"), dateTime(pattern.createdAt)],
      [r("updatedAt"), dateTime(pattern.updatedAt)],
    ),
    pattern.public && copyable(r("address"), `${server}/patterns/${pattern.id}.json`),
    deleteButton({ name, text: t("delete.text"), back: "/patterns", action: () => api.delete("/patterns/{id}", { path, ifMatch: etag ?? undefined }) }),
    values(t("settings"), pattern.settings),
    values(t("data"), pattern.data),
    exports(name, {
      json: ["JSON", () => api.file("/patterns/{id}.json", { path })],
      yaml: ["YAML", () => api.file("/patterns/{id}.yaml", { path })],
    }),
  )
}

/** @param {Schemas["Pattern"]} pattern */
function measurementsOf({ set, cset, userId }) {
  if (cset) return nameOfSize(cset)
  if (!set) return null
  return set.userId === userId ? el("a", { href: href(`/sets/${set.id}`) }, named(set.name)) : named(set.name)
}

/** Anything that a program stores. @param {string} title @param {Record<string, unknown>} content */
function values(title, content) {
  if (!Object.keys(content).length) return null
  return section(title, el("pre", { tabindex: 0 }, el("code", {}, JSON.stringify(content, null, 2))))
}
