// One API key: what it is, what it may do, how it is used, and its end.
/** @import { Schemas } from "../../types/client" */
/** @import { Context } from "../../types/views" */
import { api } from "../api.js"
import { dateTime } from "../format.js"
import { refresh } from "../router.js"
import { texts } from "../texts.js"
import { chart, chartOptions } from "../ui/chart.js"
import { el } from "../ui/dom.js"
import { downloadButton } from "../ui/download.js"
import { eventsTable } from "../ui/events.js"
import { page, section } from "../ui/page.js"
import { empty, loaded } from "../ui/states.js"
import { quotasTable } from "../ui/quotas.js"
import { usageTables } from "../ui/usage.js"
import { askToRemove, askToRevoke, askToRotate } from "./key-dialogs.js"
import { showSecret } from "./key-secret.js"
import { badge, nameOf } from "./keys.js"

const t = texts("keys")
const EVENTS = 1000

/** @param {Context} context */
export async function render({ params: { key = "" }, signal }) {
  const { data, etag } = await api.get("/apikeys/{key}", { path: { key } })
  const { apikey } = data
  const path = { key }
  const draw = () => api.file("/apikeys/{key}/usage.svg", { path, query: { by: "operation", ...chartOptions() } })
  const view = page(
    nameOf(apikey),
    facts(apikey),
    el("p", { class: "actions" }, ...actions(apikey, etag, (rotated) => showSecret(view, t("rotated"), rotated, signal))),
    section(
      t("usage"),
      loaded(draw, (file) => chart(file, t("chart"), draw)),
      loaded(() => api.get("/apikeys/{key}/usage", { path, query: { by: "operation" } }), (reply) => usageTables(reply.data.usage)),
      downloadButton(t("csv"), `usage-${key}.csv`, () => api.file("/apikeys/{key}/usage.csv", { path, query: { by: "operation" } })),
    ),
    section(t("quotas"), loaded(() => api.get("/apikeys/{key}/quotas", { path }), (reply) => quotasTable(reply.data.quotas))),
    section(t("events"), loaded(() => eventsOf(key), (events) => (events.length ? eventsTable(events) : empty(t("events.none"))))),
  )
  return view
}

/** @param {Schemas["ApiKey"]} key */
function facts(key) {
  /** @type {[string, import("../ui/dom.js").Child][]} */
  const rows = [
    [t("key"), el("code", {}, key.key)],
    [t("state"), badge(key.state)],
    [t("level"), `${key.level}: ${t.named("level", String(key.level))}. ${t.named("levelHint", String(key.level))}`],
    [t("createdAt"), dateTime(key.createdAt)],
    [t("expires"), dateTime(key.expiresAt)],
  ]
  if (key.rotatedAt) rows.push([t("rotatedAt"), dateTime(key.rotatedAt)])
  if (key.previousUntil && new Date(key.previousUntil) > new Date()) rows.push([t("previousUntil"), dateTime(key.previousUntil)])
  if (key.revokedAt) rows.push([t("revokedAt"), dateTime(key.revokedAt)])
  if (key.revokedBy) rows.push([t("revokedBy"), t.named("by", key.revokedBy)])
  if (key.revokedReason) rows.push([t("reason"), key.revokedReason])
  return el("dl", { class: "facts" }, ...rows.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]))
}

/**
 * @param {Schemas["ApiKey"]} key
 * @param {string | null} etag
 * @param {(rotated: Schemas["ApiKeyWithSecret"]) => void} onRotated
 */
function actions(key, etag, onRotated) {
  /** @param {string} text @param {() => unknown} onclick @param {string} [look] */
  const button = (text, onclick, look = "plain") => el("button", { type: "button", class: look, onclick }, text)
  if (key.state !== "active") return [button(t("remove"), () => askToRemove(key, etag), "plain danger")]
  return [
    el("span", { class: "quiet" }, t("lost")),
    button(t("rotate"), () => askToRotate(key, onRotated)),
    button(t("revoke"), async () => (await askToRevoke(key)) && refresh(), "plain danger"),
  ]
}

/** The newest events of the account that are about the key. @param {string} key */
async function eventsOf(key) {
  const { data } = await api.get("/account/events", { query: { limit: EVENTS } })
  return data.events.filter((event) => event.key === key)
}
