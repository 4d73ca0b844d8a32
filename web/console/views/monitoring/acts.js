// Entries of the audit log.
/** @import { Schemas } from "../../../types/client" */
import { dateTime } from "../../format.js"
import { href } from "../../router.js"
import { texts } from "../../texts.js"
import { el } from "../../ui/dom.js"
import { empty } from "../../ui/states.js"
import { table } from "../../ui/table.js"

const t = texts("monitoring")

/** @param {readonly Schemas["Act"][]} acts */
export function actsTable(acts) {
  if (!acts.length) return empty(t("audit.none"))
  return table(t("page.audit"), [
    { title: t("at"), cell: (one) => el("time", { datetime: one.createdAt }, dateTime(one.createdAt)) },
    { title: t("act"), cell: (one) => el("code", {}, one.operation ? `${one.act}: ${one.operation}` : one.act), heading: true },
    { title: t("actor"), cell: (one) => (one.actorId ? accountLink(one.actorId) : t("operator")) },
    { title: t("subject"), cell: (one) => (one.subjectId ? accountLink(one.subjectId) : "–") },
    { title: t("changes"), cell: (one) => changesOf(one) || "–" },
  ], acts)
}

/** @param {number} id */
export function accountLink(id) {
  return el("a", { href: href(`/monitoring/accounts/${id}`) }, `#${id}`)
}

/** @param {Schemas["Act"]} act */
function changesOf({ changes }) {
  return Object.entries(changes).map(([name, [before, after]]) => `${name}: ${before ?? "–"} → ${after ?? "–"}`).join(", ")
}
