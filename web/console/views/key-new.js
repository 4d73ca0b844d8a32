// Create an API key.
import { api } from "../api.js"
import { href } from "../router.js"
import { session } from "../session.js"
import { texts } from "../texts.js"
import { el } from "../ui/dom.js"
import { choice, choices, field, form } from "../ui/form.js"
import { page } from "../ui/page.js"
import { showSecret } from "./key-secret.js"

const t = texts("keys")
const DAY = 86_400
const LONGEST = 365 * DAY
const PRESETS = [7, 30, 90, 365]
const USUAL_LEVEL = 3
/** The levels of most scripts; the others are folded. */
const EVERYDAY = [1, USUAL_LEVEL]
/** The level of each role; the API enforces it. @type {Record<import("../../types/client").Schemas["Role"], number>} */
const LEVELS = { blocked: 0, user: 4, tester: 4, curator: 5, bughunter: 6, support: 8, admin: 9 }

/** @param {import("../../types/views").Context} context */
export function render({ signal }) {
  const expiry = field({ name: "days", label: t("expiry"), tag: "select", options: expiries(), value: "30" })
  const bounds = { min: isoDay(1), max: isoDay(364), type: "date" }
  const day = field({ name: "date", label: t("expiry.date"), hidden: true }, bounds)
  expiry.input.addEventListener("change", () => {
    day.hidden = expiry.input.value !== "date"
    day.input.required = !day.hidden
  })
  const name = { maxlength: 200, required: true, autocomplete: "off", "data-first": true, placeholder: t("name.example") }
  const view = page(t("new"), form({
    fields: [field({ name: "name", label: t("name.label"), hint: t("name.hint") }, name), levels(), expiry, day],
    submit: t("create"),
    besides: [el("a", { href: href("/keys") }, t("cancel"))],
    async action(values) {
      const body = { name: values.text("name").trim(), level: values.number("level"), expiresIn: secondsUntil(values) }
      const { data } = await api.post("/apikeys", { body, idempotencyKey: values.idempotencyKey })
      showSecret(view, t("created"), data.apikey, signal)
    },
  }))
  return view
}

function levels() {
  const highest = LEVELS[session.account?.role ?? "user"]
  const offered = [0, 1, 2, 3, 4, 5, 6, 8, 9].filter((level) => level <= highest)
  const [everyday, others] = [true, false].map((wanted) => offered.filter((level) => EVERYDAY.includes(level) === wanted).map(levelChoice))
  const folded = el("details", { class: "levels" }, el("summary", {}, t("level.more")), ...(others ?? []))
  return choices(t("level"), ...(everyday ?? []), folded)
}

/** @param {number} level */
function levelChoice(level) {
  return choice({
    name: "level",
    value: String(level),
    label: `${level}: ${t.named("level", String(level))}`,
    hint: t.named("levelHint", String(level)),
    checked: level === USUAL_LEVEL,
  })
}

/** @returns {[string, string][]} */
function expiries() {
  return [...PRESETS.map((days) => /** @type {[string, string]} */ ([String(days), t.count("days", days)])), ["date", t("expiry.pick")]]
}

/** @param {import("../ui/form.js").Values} values */
function secondsUntil(values) {
  if (values.text("days") !== "date") return values.number("days") * DAY
  // The end of that day, here.
  const seconds = Math.floor((new Date(`${values.text("date")}T23:59:59`).getTime() - Date.now()) / 1000)
  return Math.min(seconds, LONGEST)
}

/** A day from now, as date fields have it. @param {number} days */
function isoDay(days) {
  const day = new Date(Date.now() + days * DAY * 1000)
  return `${day.getFullYear()}-${String(day.getMonth() + 1).padStart(2, "0")}-${String(day.getDate()).padStart(2, "0")}`
}
