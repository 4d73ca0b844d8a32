// Usage and quotas of the account: today, the last thirty days, and requests for more.
/** @import { Schemas } from "../../types/client" */
import { api } from "../api.js"
import { isVisible, number, relative } from "../format.js"
import { href } from "../router.js"
import { texts } from "../texts.js"
import { chart, chartOptions } from "../ui/chart.js"
import { el, newId } from "../ui/dom.js"
import { downloadButton } from "../ui/download.js"
import { page, section } from "../ui/page.js"
import { empty, loaded } from "../ui/states.js"
import { table } from "../ui/table.js"
import { usageTables } from "../ui/usage.js"
import { quotaRequests } from "./quota-requests.js"

const t = texts("usage")
const MOST_KEYS = 1000

export function render() {
  return page(
    t("title"),
    section(t("today"), loaded(() => Promise.all([api.get("/account/quotas"), api.get("/account/storage")]), ([limits, stored]) => quotas(limits.data.quotas, stored.data.storage))),
    section(t("operations"), loaded(() => report("operation"), (read) => charted(read, t("chart.operation", { count: read.usage.totals.calls }), usageTables(read.usage)))),
    section(
      t("keys"),
      loaded(() => Promise.all([report("key"), namesOfKeys()]), ([read, names]) => charted(read, t("chart.key", { count: read.usage.totals.calls }), keysTable(read.usage, names))),
      downloadButton(t("csv"), "usage.csv", () => api.file("/account/usage.csv", { query: { by: "key" } })),
    ),
    section(t("requests"), quotaRequests()),
  )
}

/** @param {"operation" | "key"} by */
async function report(by) {
  const draw = () => api.file("/account/usage.svg", { query: { by, ...chartOptions() } })
  const [{ data }, file] = await Promise.all([api.get("/account/usage", { query: { by } }), draw()])
  return { usage: data.usage, file, draw }
}

/** @param {Awaited<ReturnType<typeof report>>} read @param {string} label @param {Node} values */
function charted({ usage, file, draw }, label, values) {
  return usage.rows.length ? el("div", {}, chart(file, label, draw), values) : empty(t("none"))
}

/** @param {readonly Schemas["QuotaState"][]} limits @param {Schemas["StorageUse"]} storage */
function quotas(limits, storage) {
  const meters = limits.map(({ policy, quota, remaining, resetsAt }) =>
    meter(t.named("policy", policy), quota - remaining, quota, t("resets", { when: relative(resetsAt) })))
  const { records, recordsQuota, bytes, bytesQuota } = storage
  if (recordsQuota !== null) meters.push(meter(t.named("policy", "records"), records, recordsQuota))
  if (bytesQuota !== null) meters.push(meter(t("megabytes"), bytes / 1e6, bytesQuota / 1e6))
  if (!meters.length) return empty(t("unlimited"))
  return el("div", {}, el("p", { class: "quiet" }, t("today.text")), el("ul", { class: "meters" }, ...meters))
}

/** @param {string} name @param {number} used @param {number} quota @param {string} [hint] */
function meter(name, used, quota, hint = "") {
  const id = newId()
  const share = { min: 0, max: quota || 1, value: Math.min(used, quota), high: quota * 0.8, optimum: 0 }
  const digits = { maximumFractionDigits: 1 }
  return el(
    "li",
    {},
    el("strong", { id }, name),
    el("meter", { "aria-labelledby": id, ...share }),
    el("span", {}, t("used", { used: number(used, digits), quota: number(quota, digits) })),
    hint && el("small", {}, ` ${hint}`),
  )
}

async function namesOfKeys() {
  const { data } = await api.get("/apikeys", { query: { limit: MOST_KEYS } })
  return new Map(data.apikeys.map((one) => [one.key, one.name]))
}

/** @param {Schemas["Usage"]} usage by key @param {Map<string, string>} names */
function keysTable(usage, names) {
  /** @type {Map<string, { key: string, calls: number, errors: number }>} */
  const sums = new Map()
  for (const { key, calls, errors } of usage.rows) {
    const sum = sums.get(key ?? "") ?? { key: key ?? "", calls: 0, errors: 0 }
    sum.calls += calls
    sum.errors += errors
    sums.set(sum.key, sum)
  }
  const rows = [...sums.values()].sort((one, other) => other.calls - one.calls)
  return table(t("keys"), [
    { title: t("key"), cell: ({ key }) => (key ? el("a", { href: href(`/keys/${key}`) }, isVisible(names.get(key)) ? names.get(key) : key) : t("tokens")), heading: true },
    { title: t("calls"), cell: ({ calls }) => number(calls), number: true },
    { title: t("errors"), cell: ({ errors }) => number(errors), number: true },
  ], rows)
}
