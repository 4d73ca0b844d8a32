// The security of the account: password, second factor, sessions, events.
import { api } from "../../api.js"
import { session } from "../../session.js"
import { texts } from "../../texts.js"
import { el } from "../../ui/dom.js"
import { eventsTable } from "../../ui/events.js"
import { field, form, usernameOf } from "../../ui/form.js"
import { paged } from "../../ui/list.js"
import { page, section } from "../../ui/page.js"
import { empty } from "../../ui/states.js"
import { secondFactor } from "./second-factor.js"
import { endOthersButton, sessionsList, signOutEverywhereButton } from "./sessions.js"

const t = texts("security")
const EVENTS = 20

export function render() {
  const sessions = sessionsList(() => void events.reload())
  const events = eventsList()
  // A new password and a new second factor end sessions, and each is an event.
  const onChange = () => void Promise.all([sessions.reload(), events.reload()])
  return page(
    t("title"),
    section(t("password"), passwordForm(onChange)),
    section(t("mfa"), el("p", { class: "quiet" }, t("mfa.text")), secondFactor(onChange)),
    section(
      t("sessions"),
      el("p", { class: "quiet" }, t("sessions.text")),
      sessions,
      el("p", { class: "actions" }, endOthersButton(onChange), signOutEverywhereButton()),
    ),
    section(t("events"), el("p", { class: "quiet" }, t("events.text")), events),
  )
}

/** @param {() => void} onChange */
function passwordForm(onChange) {
  const attributes = { type: "password", autocomplete: "new-password", minlength: 8, maxlength: 256, required: true }
  return form({
    fields: [
      usernameOf(session.account?.username),
      field({ name: "password", label: t("password.new"), hint: t("password.hint") }, attributes),
    ],
    submit: t("password.submit"),
    async action(values, element) {
      await api.patch("/account", { body: { password: values.text("password") } })
      element.reset()
      element.message.show(t("password.done"))
      onChange()
    },
  })
}

function eventsList() {
  return paged(
    async (cursor) => {
      const { data, next } = await api.get("/account/events", { query: { limit: EVENTS, cursor } })
      return { rows: data.events, next }
    },
    (rows) => (rows.length ? eventsTable(rows) : empty(t("events.none"))),
  )
}
