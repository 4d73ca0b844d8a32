// The sessions of the account: where it is signed in.
/** @import { Schemas } from "../../../types/client" */
import { api } from "../../api.js"
import { dateTime, relative } from "../../format.js"
import { go } from "../../router.js"
import { session } from "../../session.js"
import { texts } from "../../texts.js"
import { askToConfirm } from "../../ui/confirm.js"
import { announce, el } from "../../ui/dom.js"
import { loaded } from "../../ui/states.js"
import { table } from "../../ui/table.js"

const t = texts("security")

/** @param {() => void} onEnd called when one was ended */
export function sessionsList(onEnd) {
  /** @param {Schemas["Session"]} one */
  const end = async (one) => {
    if (!(await askToEnd(one))) return
    await list.reload()
    list.focus()
    onEnd()
  }
  const list = loaded(
    async () => (await api.get("/account/sessions")).data.sessions,
    (sessions) => table(t("sessions"), [
      { title: t("session.program"), cell: (one) => one.userAgent ?? t("session.unknown"), heading: true },
      { title: t("session.network"), cell: (one) => one.network ?? t("session.unknown") },
      { title: t("session.by"), cell: (one) => t.named("session.holder", one.by) },
      { title: t("session.began"), cell: (one) => el("time", { datetime: one.createdAt }, dateTime(one.createdAt)) },
      { title: t("session.used"), cell: (one) => el("time", { datetime: one.lastUsedAt, title: dateTime(one.lastUsedAt) }, relative(one.lastUsedAt)) },
      { title: t("session.end"), cell: (one) => (one.current ? el("span", { class: "badge active" }, t("session.current")) : endButton(one, end)) },
    ], sessions),
  )
  list.tabIndex = -1
  return list
}

/** @param {Schemas["Session"]} one @param {(one: Schemas["Session"]) => unknown} end */
function endButton(one, end) {
  const label = t("session.endOf", { program: one.userAgent ?? t("session.unknown"), time: dateTime(one.createdAt) })
  return el("button", { type: "button", class: "plain small", "aria-label": label, onclick: () => end(one) }, t("session.end"))
}

/** @param {Schemas["Session"]} one */
function askToEnd(one) {
  return askToConfirm({
    title: t("end.title"),
    text: t("end.text", { program: one.userAgent ?? t("session.unknown"), time: dateTime(one.createdAt) }),
    submit: t("session.end"),
    async action() {
      await api.delete("/account/sessions/{id}", { path: { id: one.id } })
      announce(t("session.ended"))
    },
  })
}

/** @param {() => void} onEnd */
export function endOthersButton(onEnd) {
  const ask = () => askToConfirm({
    title: t("others.title"),
    text: t("others.text"),
    submit: t("others"),
    async action() {
      await api.delete("/account/sessions")
      announce(t("others.done"))
      onEnd()
    },
  })
  return el("button", { type: "button", class: "plain", onclick: ask }, t("others"))
}

export function signOutEverywhereButton() {
  const ask = () => askToConfirm({
    title: t("everywhere.title"),
    text: t("everywhere.text"),
    submit: t("everywhere"),
    async action() {
      await api.delete("/account/sessions", { query: { all: true } })
      session.end()
      go("/sign-in?because=everywhere")
    },
  })
  return el("button", { type: "button", class: "plain danger", onclick: ask }, t("everywhere"))
}
