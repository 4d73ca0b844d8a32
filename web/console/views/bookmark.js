// One bookmark.
/** @import { Context } from "../../types/views" */
import { api } from "../api.js"
import { dateTime } from "../format.js"
import { texts } from "../texts.js"
import { page } from "../ui/page.js"
import { target } from "./bookmarks.js"
import { deleteButton, facts, named } from "./records.js"

const t = texts("bookmarks")
const r = texts("records")

/** @param {Context} context */
export async function render({ params: { id = "" } }) {
  const path = { id }
  const { data: { bookmark }, etag } = await api.get("/bookmarks/{id}", { path })
  const name = named(bookmark.title)
  return page(
    name,
    facts(
      [t("kind"), t.named("type", bookmark.type)],
      [t("target"), target(bookmark)],
      [r("createdAt"), dateTime(bookmark.createdAt)],
      [r("updatedAt"), dateTime(bookmark.updatedAt)],
    ),
    deleteButton({ name, text: t("delete.text"), back: "/bookmarks", action: () => api.delete("/bookmarks/{id}", { path, ifMatch: etag ?? undefined }) }),
  )
}
