// Rate-limit quotas and what is left of them.
/** @import { Schemas } from "../../types/client" */
import { dateTime, number } from "../format.js"
import { texts } from "../texts.js"
import { el } from "./dom.js"
import { empty } from "./states.js"
import { table } from "./table.js"

const t = texts("shell")

/** @param {readonly Schemas["QuotaState"][]} quotas */
export function quotasTable(quotas) {
  if (!quotas.length) return empty(t("quotas.off"))
  return table(t("quotas.title"), [
    { title: t("quotas.title"), cell: (one) => t.named("policy", one.policy), heading: true },
    { title: t("quotas.quota"), cell: (one) => number(one.quota), number: true },
    { title: t("quotas.left"), cell: (one) => leftOf(one), number: true },
    { title: t("quotas.resets"), cell: (one) => el("time", { datetime: one.resetsAt }, dateTime(one.resetsAt)) },
  ], quotas)
}

/** A meter with its number. @param {Schemas["QuotaState"]} state */
function leftOf({ quota, remaining }) {
  const text = number(remaining)
  const meter = el("meter", { min: 0, max: Math.max(quota, 1), value: remaining, "aria-label": t("quotas.left") })
  return el("span", { class: "calls" }, meter, ` ${text}`)
}
