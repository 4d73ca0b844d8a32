// Quota requests of all accounts: grant or decline.
/** @import { Schemas } from "../../../types/client" */
import { api } from "../../api.js"
import { date, number } from "../../format.js"
import { href } from "../../router.js"
import { texts } from "../../texts.js"
import { openDialog } from "../../ui/dialog.js"
import { announce, el } from "../../ui/dom.js"
import { field, form } from "../../ui/form.js"
import { paged } from "../../ui/list.js"
import { page } from "../../ui/page.js"
import { empty } from "../../ui/states.js"
import { table } from "../../ui/table.js"
import { accountLink } from "./acts.js"
import { monitoringPages } from "./pages.js"

const t = texts("monitoring")
const PAGE = 100
const LARGEST = 1_000_000_000

export function render() {
  /** @param {string | undefined} cursor */
  const load = async (cursor) => {
    const { data, next } = await api.get("/admin/quota-requests", { query: { limit: PAGE, cursor } })
    return { rows: data.requests, next }
  }
  /** @param {Schemas["QuotaRequest"]} request @param {Schemas["QuotaDecision"]} state */
  const decide = async (request, state) => {
    if (await askToDecide(request, state)) await list.reload()
  }
  const list = paged(load, (rows) => (rows.length ? requestsTable(rows, decide) : empty(t("requests.none"))))
  return page(t("page.requests"), monitoringPages("/monitoring/requests"), list)
}

/**
 * @param {Schemas["QuotaRequest"][]} rows
 * @param {(request: Schemas["QuotaRequest"], state: Schemas["QuotaDecision"]) => unknown} decide
 */
function requestsTable(rows, decide) {
  return table(t("page.requests"), [
    { title: t("quota"), cell: (one) => t.named("policy", one.policy), heading: true },
    { title: t("account"), cell: (one) => accountLink(one.userId) },
    { title: t("key"), cell: (one) => (one.key ? el("a", { href: href(`/keys/${one.key}`) }, t("key")) : "–") },
    { title: t("amount"), cell: (one) => `${number(one.quota)}, ${t.count("days", one.days)}` },
    { title: t("purpose"), cell: (one) => one.purpose },
    { title: t("at"), cell: (one) => date(one.createdAt) },
    { title: t("action"), cell: (one) => el("span", { class: "actions" },
      el("button", { type: "button", class: "plain small", onclick: () => decide(one, "granted") }, t("grant")),
      el("button", { type: "button", class: "plain small danger", onclick: () => decide(one, "declined") }, t("decline"))) },
  ], rows)
}

/** @param {Schemas["QuotaRequest"]} request @param {Schemas["QuotaDecision"]} state */
function askToDecide(request, state) {
  const granted = state === "granted"
  const amounts = granted
    ? [
        field({ name: "quota", label: t("amount"), value: request.quota }, { type: "number", min: 1, max: LARGEST, required: true }),
        field({ name: "days", label: t("for"), value: request.days }, { type: "number", min: 1, max: 366, required: true }),
      ]
    : []
  return openDialog(t(granted ? "grant.title" : "decline.title"), (close) => [
    el("p", {}, t("decide.text")),
    form({
      fields: [...amounts, field({ name: "answer", label: t("answer"), tag: "textarea" }, { maxlength: 1000, rows: 3, required: true })],
      submit: t(granted ? "grant" : "decline"),
      danger: !granted,
      async action(values) {
        const body = { state, answer: values.text("answer").trim() }
        const given = granted ? { quota: values.number("quota"), days: values.number("days") } : {}
        await api.patch("/admin/quota-requests/{id}", { path: { id: request.id }, body: { ...body, ...given } })
        announce(t("decided"))
        close(true)
      },
    }),
  ])
}
