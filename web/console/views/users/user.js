// One user, for staff: what the account is, and what administrators may change of it.
/** @import { Schemas } from "../../../types/client" */
/** @import { Context } from "../../../types/views" */
import { api } from "../../api.js"
import { dateTime, number } from "../../format.js"
import { session } from "../../session.js"
import { texts } from "../../texts.js"
import { el } from "../../ui/dom.js"
import { page, section } from "../../ui/page.js"
import { accessForm, impersonateButton, turnOffButton, withdrawButton } from "./changes.js"

const t = texts("users")

/** @param {Context} context */
export async function render({ params: { id = "" } }) {
  const { data, etag } = await api.get("/admin/user/{id}", { path: { id } })
  const { user, sets, patterns } = data
  const counts = { sets: sets.length, patterns: patterns.length }
  const facts = el("div", {}, factsOf(user, counts))
  const mayChange = session.account?.role === "admin" && session.account.id !== user.id
  return page(
    user.username,
    facts,
    mayChange && [
      section(t("access"), accessForm(user, etag, (changed) => facts.replaceChildren(factsOf(changed, counts)))),
      section(
        t("actions"),
        el("p", { class: "quiet" }, t("actions.text")),
        el("p", { class: "actions" }, impersonateButton(user), user.mfaEnabled && turnOffButton(user), user.consent > 0 && withdrawButton(user)),
      ),
    ],
  )
}

/** @param {Schemas["Account"]} user @param {{ sets: number, patterns: number }} counts */
function factsOf(user, { sets, patterns }) {
  /** @type {[string, import("../../ui/dom.js").Child][]} */
  const rows = [
    [t("id"), user.id],
    [t("uuid"), el("code", {}, user.uuid)],
    [t("email"), user.email],
    [t("initial"), user.initial],
    [t("role"), t.named("roles", user.role)],
    [t("status"), t.named("states", String(user.status))],
    [t("consent"), t.named("consents", String(user.consent))],
    [t("mfa"), user.mfaEnabled ? t("yes") : t("no")],
    [t("createdAt"), dateTime(user.createdAt)],
    [t("lastSeen"), user.lastSeen ? dateTime(user.lastSeen) : t("never")],
    [t("calls"), number(user.jwtCalls + user.keyCalls)],
    [t("sets"), number(sets)],
    [t("patterns"), number(patterns)],
  ]
  return el("dl", { class: "facts" }, ...rows.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]))
}
