// Entries of the security log. A view that uses this loads the texts of `events`, `users` and `usage` first.
/** @import { Schemas } from "../../types/client" */
import { dateTime } from "../format.js"
import { texts } from "../texts.js"
import { el } from "./dom.js"
import { table } from "./table.js"

const t = texts("events")
const users = texts("users")
const usage = texts("usage")
/** The events that change a value, and the texts that name its values. */
const CHANGED = new Map([["roleChanged", "roles"], ["statusChanged", "states"], ["consentChanged", "consents"]])

/** @param {readonly Schemas["SecurityEvent"][]} events */
export function eventsTable(events) {
  return table(t("title"), [
    { title: t("at"), cell: (one) => el("time", { datetime: one.createdAt }, dateTime(one.createdAt)) },
    { title: t("event"), cell: (one) => t.named("name", one.event), heading: true },
    { title: t("by"), cell: (one) => (one.by ? t.named("cause", one.by) : "–") },
    { title: t("details"), cell: (one) => sentences(one) || "–" },
  ], events)
}

/** What is known of an event, in sentences. @param {Schemas["SecurityEvent"]} event */
function sentences({ event, details }) {
  const { level, previousUntil, revokedBy, more, means, mfa, before, after, policy } = details
  return [
    level !== undefined && t("level", { level: String(level) }),
    previousUntil !== undefined && t("previousUntil", { time: dateTime(String(previousUntil)) }),
    revokedBy !== undefined && t.named("revoked", String(revokedBy)),
    more !== undefined && t.count("more", Number(more)),
    means !== undefined && t.named("means", String(means)),
    mfa !== undefined && t.named("mfa", String(mfa)),
    after !== undefined && t("change", { before: valueOf(event, before), after: valueOf(event, after) }),
    policy !== undefined && quotaOf(details),
  ].filter(Boolean).join(" ")
}

/** @param {string} event @param {unknown} value */
function valueOf(event, value) {
  return users.named(CHANGED.get(event) ?? "", String(value))
}

/** Without terms the quota was removed. @param {Schemas["SecurityEventDetails"]} details */
function quotaOf({ policy, quota, until }) {
  const name = usage.named("policy", String(policy))
  if (until === undefined) return t("quota.usual", { policy: name })
  return t("quota.set", { policy: name, quota: Number(quota), time: dateTime(String(until)) })
}
