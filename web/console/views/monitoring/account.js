// What administrators do about the use of an account: quotas, and a block; and what was done to it. The rest of the
// account is on the page of the user.
/** @import { Schemas } from "../../../types/client" */
/** @import { Context } from "../../../types/views" */
import { api } from "../../api.js"
import { date, number } from "../../format.js"
import { href, refresh } from "../../router.js"
import { texts } from "../../texts.js"
import { askToConfirm } from "../../ui/confirm.js"
import { announce, el } from "../../ui/dom.js"
import { page, section } from "../../ui/page.js"
import { message } from "../../ui/message.js"
import { empty, loaded } from "../../ui/states.js"
import { table } from "../../ui/table.js"
import { actsTable } from "./acts.js"
import { monitoringPages } from "./pages.js"
import { askForAccountQuota } from "./quota-dialog.js"

const t = texts("monitoring")
const MOST = 100

/** @param {Context} context */
export async function render({ params: { id = "" } }) {
  const { data, etag } = await api.get("/admin/user/{id}", { path: { id } })
  const account = data.user
  const quotas = quotasOf(account)
  const setQuota = async () => (await askForAccountQuota(account)) && quotas.reload()
  return page(
    account.username,
    monitoringPages(""),
    el("p", {}, el("a", { href: href(`/users/${account.id}`) }, t("details"))),
    el(
      "p",
      { class: "actions" },
      el("button", { type: "button", class: "plain", onclick: setQuota }, t("quota.set")),
      el("button", { type: "button", class: "plain danger", onclick: () => askToBlock(account, etag) }, t(isBlocked(account) ? "unblock" : "block")),
    ),
    section(t("quotas"), quotas),
    section(t("page.audit"), loaded(() => api.get("/admin/acts", { query: { subject: account.id, limit: MOST } }), (reply) => actsTable(reply.data.acts))),
  )
}

/** @param {Schemas["Account"]} account */
function isBlocked({ role }) {
  return role === "blocked"
}

/** @param {Schemas["Account"]} account */
function quotasOf(account) {
  const said = message()
  const list = loaded(
    () => api.get("/admin/quotas", { query: { user: account.id, limit: MOST } }),
    ({ data }) => (data.quotas.length ? table(t("quotas"), columns, data.quotas) : empty(t("quotas.none"))),
  )
  /** @param {string} id */
  const remove = async (id) => {
    said.clear()
    try {
      await api.delete("/admin/quotas/{id}", { path: { id } })
      announce(t("quota.removed"))
      await list.reload()
    } catch (error) {
      said.showError(error)
    }
  }
  /** @type {import("../../ui/table.js").Column<Schemas["Quota"]>[]} */
  const columns = [
    { title: t("quota"), cell: (one) => t.named("policy", one.policy), heading: true },
    { title: t("key"), cell: (one) => (one.key ? el("a", { href: href(`/keys/${one.key}`) }, one.key) : "–") },
    { title: t("amount"), cell: (one) => number(one.quota), number: true },
    { title: t("until"), cell: (one) => date(one.until) },
    { title: t("reason"), cell: (one) => one.reason },
    { title: t("action"), cell: (one) => el("button", { type: "button", class: "plain small", onclick: () => remove(one.id) }, t("quota.remove")) },
  ]
  return Object.assign(el("div", {}, said.element, list), { reload: list.reload })
}

/** @param {Schemas["Account"]} account @param {string | null} etag */
async function askToBlock(account, etag) {
  const blocked = isBlocked(account)
  const body = { role: /** @type {Schemas["Role"]} */ (blocked ? "user" : "blocked") }
  const done = await askToConfirm({
    title: t(blocked ? "unblock.title" : "block.title", { name: account.username }),
    text: t(blocked ? "unblock.text" : "block.text"),
    submit: t(blocked ? "unblock" : "block"),
    danger: !blocked,
    action: () => api.patch("/admin/user/{id}", { path: { id: String(account.id) }, body, ifMatch: etag ?? undefined }),
  })
  if (done) await refresh()
}
