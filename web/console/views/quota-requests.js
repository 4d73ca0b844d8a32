// Requests of the account for higher quotas, and their answers.
/** @import { Schemas } from "../../types/client" */
import { api } from "../api.js"
import { date, isVisible, number } from "../format.js"
import { texts } from "../texts.js"
import { openDialog } from "../ui/dialog.js"
import { announce, el } from "../ui/dom.js"
import { field, form } from "../ui/form.js"
import { paged } from "../ui/list.js"
import { message } from "../ui/message.js"
import { empty } from "../ui/states.js"
import { table } from "../ui/table.js"

const t = texts("usage")
const PAGE = 100
const LARGEST = 1_000_000_000
/** @type {readonly Schemas["QuotaPolicy"][]} */
const POLICIES = ["account-day", "account-burst", "day", "burst", "records", "bytes"]
const OF_KEYS = new Set(["day", "burst"])

export function quotaRequests() {
  const said = message()
  const list = paged(load, (rows) => (rows.length ? requestsTable(rows, withdraw) : empty(t("requests.none"))))
  /** @param {string} id */
  async function withdraw(id) {
    said.clear()
    try {
      await api.delete("/quota-requests/{id}", { path: { id } })
      announce(t("withdrawn"))
      await list.reload()
    } catch (error) {
      said.showError(error)
    }
  }
  const ask = async () => {
    if (await askForQuota()) await list.reload()
  }
  return el("div", {}, el("p", {}, el("button", { type: "button", onclick: ask }, t("ask"))), said.element, list)
}

/** @param {string | undefined} cursor */
async function load(cursor) {
  const { data, next } = await api.get("/quota-requests", { query: { limit: PAGE, cursor } })
  return { rows: data.requests, next }
}

/** @param {Schemas["QuotaRequest"][]} rows @param {(id: string) => unknown} withdraw */
function requestsTable(rows, withdraw) {
  return table(t("requests"), [
    { title: t("quota"), cell: (one) => t.named("policy", one.policy), heading: true },
    { title: t("wanted"), cell: (one) => `${number(one.quota)}, ${t.count("days", one.days)}` },
    { title: t("purpose"), cell: (one) => one.purpose },
    { title: t("state"), cell: (one) => el("span", { class: `badge ${one.state}` }, t.named("states", one.state)) },
    { title: t("answer"), cell: (one) => answerOf(one, withdraw) },
  ], rows)
}

/** @param {Schemas["QuotaRequest"]} request @param {(id: string) => unknown} withdraw */
function answerOf({ id, state, answer, decidedAt }, withdraw) {
  if (state === "open") return el("button", { type: "button", class: "plain small", onclick: () => withdraw(id) }, t("withdraw"))
  return `${answer ?? ""} ${decidedAt ? `(${date(decidedAt)})` : ""}`
}

async function askForQuota() {
  const { data } = await api.get("/apikeys", { query: { state: "active", limit: PAGE } })
  const keys = data.apikeys
  const policies = POLICIES.filter((policy) => keys.length || !OF_KEYS.has(policy))
  const policy = field({ name: "policy", label: t("quota"), tag: "select", options: policies.map((one) => [one, t.named("policy", one)]) })
  const key = field({ name: "key", label: t("key"), tag: "select", hidden: true, options: keys.map((one) => [one.key, isVisible(one.name) ? one.name : one.key]) })
  policy.input.addEventListener("change", () => (key.hidden = !OF_KEYS.has(policy.input.value)))
  return openDialog(t("ask"), (close) => [
    el("p", {}, t("ask.text")),
    form({
      fields: [
        policy,
        key,
        field({ name: "quota", label: t("wanted"), hint: t("wanted.hint") }, { type: "number", min: 1, max: LARGEST, required: true }),
        field({ name: "days", label: t("for"), value: 30 }, { type: "number", min: 1, max: 366, required: true }),
        field({ name: "purpose", label: t("purpose"), hint: t("purpose.hint"), tag: "textarea" }, { maxlength: 2000, rows: 3, required: true }),
      ],
      submit: t("send"),
      async action(values) {
        const wanted = /** @type {Schemas["QuotaPolicy"]} */ (values.text("policy"))
        const body = { policy: wanted, quota: values.number("quota"), days: values.number("days"), purpose: values.text("purpose").trim() }
        const ofKey = OF_KEYS.has(wanted) ? { key: values.text("key") } : {}
        await api.post("/quota-requests", { body: { ...body, ...ofKey }, idempotencyKey: values.idempotencyKey })
        announce(t("sent"))
        close(true)
      },
    }),
  ])
}
