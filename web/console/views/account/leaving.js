// Freeze or remove the account. To remove it, its name must be typed.
import { api } from "../../api.js"
import { go } from "../../router.js"
import { session } from "../../session.js"
import { texts } from "../../texts.js"
import { askToConfirm } from "../../ui/confirm.js"
import { openDialog } from "../../ui/dialog.js"
import { el } from "../../ui/dom.js"
import { field, form } from "../../ui/form.js"

const t = texts("account")

export function freezeButton() {
  const ask = () => askToConfirm({
    title: t("freeze.title"),
    text: t("freeze.text"),
    submit: t("freeze"),
    async action() {
      await api.post("/account/restrict")
      leave("frozen")
    },
  })
  return el("button", { type: "button", class: "plain danger", onclick: ask }, t("freeze"))
}

export function removeButton() {
  const ask = () => openDialog(t("remove.title"), (close) => [
    el("p", {}, t("remove.text")),
    form({
      fields: [field({ name: "name", label: t("remove.name", { name: ownName() }) }, { autocomplete: "off", autocapitalize: "none", spellcheck: "false", required: true })],
      submit: t("remove"),
      danger: true,
      async action(values, { message }) {
        if (values.text("name").trim() !== ownName()) return message.showProblem(t("remove.differs"))
        await api.delete("/account")
        close(true)
        return leave("removed")
      },
    }),
  ])
  return el("button", { type: "button", class: "danger", onclick: ask }, t("remove"))
}

function ownName() {
  return session.account?.username ?? ""
}

/** @param {"frozen" | "removed"} because */
function leave(because) {
  session.end()
  go(`/sign-in?because=${because}`)
}
