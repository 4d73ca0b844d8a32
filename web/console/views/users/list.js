// Search users, for staff.
/** @import { Schemas } from "../../../types/client" */
/** @import { Context } from "../../../types/views" */
import { api } from "../../api.js"
import { relative } from "../../format.js"
import { go, href } from "../../router.js"
import { texts } from "../../texts.js"
import { el } from "../../ui/dom.js"
import { field, form } from "../../ui/form.js"
import { page } from "../../ui/page.js"
import { empty, loaded } from "../../ui/states.js"
import { table } from "../../ui/table.js"

const t = texts("users")

/** @param {Context} context */
export function render({ query }) {
  const q = query.get("q") ?? ""
  return page(
    t("title"),
    el("p", { class: "lead" }, t("text")),
    form({
      fields: [field({ name: "q", label: t("q"), hint: t("q.hint"), value: q }, { type: "search", autocomplete: "off", autocapitalize: "none", spellcheck: "false", maxlength: 254, required: true })],
      submit: t("search"),
      action: async (values) => go(`/users?q=${encodeURIComponent(values.text("q").trim())}`),
    }),
    q && loaded(() => found(q), (users) => (users.length ? usersTable(users) : empty(t("none")))),
  )
}

/** Each account once, whatever it was found by. @param {string} q */
async function found(q) {
  const { data } = await api.post("/admin/search/users", { body: { q } })
  const all = Object.values(data.users).flat()
  return [...new Map(all.map((user) => [user.id, user])).values()]
}

/** @param {Schemas["Account"][]} users */
function usersTable(users) {
  return table(t("found"), [
    { title: t("username"), cell: (user) => el("a", { href: href(`/users/${user.id}`) }, user.username), heading: true },
    { title: t("id"), cell: (user) => user.id, number: true },
    { title: t("email"), cell: (user) => user.email },
    { title: t("role"), cell: (user) => t.named("roles", user.role) },
    { title: t("status"), cell: (user) => t.named("states", String(user.status)) },
    { title: t("lastSeen"), cell: (user) => (user.lastSeen ? el("time", { datetime: user.lastSeen }, relative(user.lastSeen)) : t("never")) },
  ], users)
}
