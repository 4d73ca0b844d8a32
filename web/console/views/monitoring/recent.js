// The most recent rejected or slow requests, as a table that refreshes.
/** @import { Schemas } from "../../../types/client" */
/** @import { Context } from "../../../types/views" */
import { api } from "../../api.js"
import { dateTime, number, time } from "../../format.js"
import { href } from "../../router.js"
import { texts } from "../../texts.js"
import { el } from "../../ui/dom.js"
import { page } from "../../ui/page.js"
import { empty, loaded } from "../../ui/states.js"
import { table } from "../../ui/table.js"
import { monitoringPages } from "./pages.js"
import { refreshWhileShown } from "./refreshing.js"

const t = texts("monitoring")
const MOST = 100
const KINDS = /** @type {const} */ (["rejected", "slow"])

/** @param {Context} context */
export function render({ query, signal }) {
  const kind = KINDS.find((one) => one === query.get("kind")) ?? KINDS[0]
  const shown = loaded(
    () => api.get("/admin/requests", { query: { kind, limit: MOST } }),
    ({ data }) => el("div", {},
      data.requests.length ? requestsTable(kind, data.requests) : empty(t("recent.none")),
      el("p", { class: "quiet" }, t("refreshed", { time: time(new Date()) }))),
  )
  refreshWhileShown(shown, signal)
  return page(t("page.recent"), monitoringPages("/monitoring/recent"), el("p", { class: "quiet" }, t("recent.text")), kinds(kind), shown)
}

/** Links to both lists. @param {typeof KINDS[number]} current */
function kinds(current) {
  const links = KINDS.map((kind) =>
    el("li", {}, el("a", { href: href(`/monitoring/recent?kind=${kind}`), "aria-current": kind === current && "page" }, t.named("recent", kind))))
  return el("nav", { "aria-label": t("list") }, el("ul", { class: "pages" }, ...links))
}

/** @param {typeof KINDS[number]} kind @param {readonly Schemas["RecentRequest"][]} requests */
function requestsTable(kind, requests) {
  return table(t.named("recent", kind), [
    { title: t("at"), cell: (one) => el("time", { datetime: one.at }, dateTime(one.at)) },
    { title: t("operation"), cell: (one) => el("code", {}, `${one.method} ${one.operation ?? "–"}`), heading: true },
    { title: t("status"), cell: (one) => [one.status, one.code].filter(Boolean).join(" ") || "–" },
    { title: t("milliseconds"), cell: (one) => number(one.milliseconds), number: true },
    { title: t("actor"), cell: callerOf },
    { title: t("key"), cell: (one) => (one.key ? el("a", { href: href(`/keys/${one.key}`) }, one.keyName || one.key) : "–") },
  ], requests)
}

/** The account, or the network of an anonymous caller. @param {Schemas["RecentRequest"]} request */
function callerOf({ userId, username, network }) {
  return userId ? el("a", { href: href(`/monitoring/accounts/${userId}`) }, username) : el("code", {}, network)
}
