// Set a quota of an account or of a key until a day.
/** @import { Schemas } from "../../../types/client" */
import { api } from "../../api.js"
import { isVisible } from "../../format.js"
import { texts } from "../../texts.js"
import { openDialog } from "../../ui/dialog.js"
import { announce, el } from "../../ui/dom.js"
import { field, form } from "../../ui/form.js"

const t = texts("monitoring")
const DAY = 86_400_000
const USUAL_DAYS = 30
const LARGEST = 1_000_000_000
/** @type {readonly Schemas["QuotaPolicy"][]} */
const OF_KEYS = ["day", "burst"]
/** @type {readonly Schemas["QuotaPolicy"][]} */
const OF_ACCOUNTS = ["account-day", "account-burst", "records", "bytes"]

/** @param {{ key: string, name: string }} key */
export function askForKeyQuota({ key, name }) {
  return ask(t("quota.title", { name: isVisible(name) ? name : key }), OF_KEYS, { key })
}

/** @param {{ id: number, username: string }} account */
export function askForAccountQuota({ id, username }) {
  return ask(t("quota.title", { name: username }), OF_ACCOUNTS, { user: id })
}

/**
 * @param {string} title
 * @param {readonly Schemas["QuotaPolicy"][]} policies
 * @param {{ key: string } | { user: number }} holder
 * @returns {Promise<boolean>} whether it was set
 */
function ask(title, policies, holder) {
  const days = (/** @type {number} */ count) => new Date(Date.now() + count * DAY).toISOString().slice(0, 10)
  return openDialog(title, (close) => [
    el("p", {}, t("quota.text")),
    form({
      fields: [
        field({ name: "policy", label: t("quota"), tag: "select", options: policies.map((one) => [one, t.named("policy", one)]) }),
        field({ name: "quota", label: t("amount"), hint: t("amount.hint") }, { type: "number", min: 0, max: LARGEST, required: true }),
        field({ name: "until", label: t("until"), value: days(USUAL_DAYS) }, { type: "date", min: days(1), required: true }),
        field({ name: "reason", label: t("reason"), hint: t("reason.hint"), tag: "textarea" }, { maxlength: 1000, rows: 3, required: true }),
      ],
      submit: t("quota.set"),
      async action(values) {
        const policy = /** @type {Schemas["QuotaPolicy"]} */ (values.text("policy"))
        const until = `${values.text("until")}T00:00:00.000Z`
        const body = { policy, quota: values.number("quota"), until, reason: values.text("reason").trim() }
        await api.put("/admin/quotas", { body: { ...body, ...holder } })
        announce(t("quota.done"))
        close(true)
      },
    }),
  ])
}
