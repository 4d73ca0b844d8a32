// The e-mail address: a new one counts once the link in its mail was opened.
/** @import { Schemas } from "../../../types/client" */
/** @import { AccountRecord } from "./record.js" */
import { api } from "../../api.js"
import { dateTime } from "../../format.js"
import { texts } from "../../texts.js"
import { el } from "../../ui/dom.js"
import { field, form } from "../../ui/form.js"
import { loaded } from "../../ui/states.js"

const t = texts("account")

/** @param {AccountRecord} record */
export function addressSection(record) {
  /** @type {ReturnType<typeof loaded>} */
  const pending = loaded(
    () => api.get("/account/email-change"),
    ({ data: { emailChange } }) => (emailChange ? pendingChange(emailChange, () => pending.reload()) : el("div")),
  )
  return [
    el("p", {}, t("address.present", { email: record.account.email })),
    pending,
    form({
      fields: [field({ name: "email", label: t("address.new"), hint: t("address.hint") }, { type: "email", autocomplete: "email", maxlength: 254, required: true })],
      submit: t("address.submit"),
      async action(values, element) {
        await record.save({ email: values.text("email").trim() })
        element.reset()
        element.message.show(t("address.sent"))
        await pending.reload()
      },
    }),
  ]
}

/** @param {NonNullable<Schemas["EmailChange"]>} change @param {() => unknown} onCancel */
function pendingChange({ email, expiresAt }, onCancel) {
  return el("div", { class: "note" }, form({
    fields: [el("p", {}, t("address.pending", { email, date: dateTime(expiresAt) }))],
    submit: t("address.cancel"),
    async action() {
      await api.delete("/account/email-change")
      await onCancel()
    },
  }))
}
