// Entries of the security log. A view that uses this loads the texts of `events` first.
/** @import { Schemas } from "../../types/client" */
import { dateTime } from "../format.js"
import { texts } from "../texts.js"
import { el } from "./dom.js"
import { table } from "./table.js"

const t = texts("events")

/** @param {readonly Schemas["SecurityEvent"][]} events */
export function eventsTable(events) {
  return table(t("title"), [
    { title: t("at"), cell: (one) => el("time", { datetime: one.createdAt }, dateTime(one.createdAt)) },
    { title: t("event"), cell: (one) => t.named("name", one.event), heading: true },
    { title: t("by"), cell: (one) => (one.by ? t.named("cause", one.by) : "–") },
    { title: t("details"), cell: (one) => detailsOf(one) || "–" },
  ], events)
}

/** The details as the API returns them. @param {Schemas["SecurityEvent"]} event */
function detailsOf({ details }) {
  return Object.entries(details).map(([name, value]) => `${name}: ${value}`).join(", ")
}
