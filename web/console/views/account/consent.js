// What the service may do with the data of the account.
import { api } from "../../api.js"
import { refresh } from "../../router.js"
import { session } from "../../session.js"
import { texts } from "../../texts.js"
import { askToConfirm } from "../../ui/confirm.js"
import { el } from "../../ui/dom.js"
import { choice, choices, form } from "../../ui/form.js"

const t = texts("account")
const named = texts("confirm").named

/** @param {number} given */
export function consentForm(given) {
  const levels = /** @type {const} */ ([1, 2, 3]).map((level) =>
    choice({ name: "consent", value: String(level), label: named("consent", String(level)), hint: named("consentHint", String(level)), checked: level === given }))
  return form({
    fields: [choices(t("consent.legend"), ...levels)],
    submit: t("consent.submit"),
    async action(values, { message }) {
      await give(values.number("consent"))
      if (given) message.show(t("saved"))
      else await refresh()
    },
  })
}

export function withdrawButton() {
  const ask = async () => (await askToWithdraw()) && refresh()
  return el("p", {}, el("button", { type: "button", class: "plain danger", onclick: ask }, t("withdraw")))
}

function askToWithdraw() {
  return askToConfirm({ title: t("withdraw.title"), text: t("withdraw.text"), submit: t("withdraw"), action: () => give(0) })
}

/** @param {number} consent */
async function give(consent) {
  session.start((await api.patch("/consent", { body: { consent } })).data)
}
