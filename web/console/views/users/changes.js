// What administrators do with an account. The API records each in the audit log.
/** @import { Schemas } from "../../../types/client" */
import { api } from "../../api.js"
import { unlessChanged } from "../../conditional.js"
import { go, refresh } from "../../router.js"
import { session } from "../../session.js"
import { texts } from "../../texts.js"
import { askToConfirm } from "../../ui/confirm.js"
import { announce, el } from "../../ui/dom.js"
import { field, form } from "../../ui/form.js"

const t = texts("users")
const ROLES = /** @type {const} */ (["user", "tester", "curator", "bughunter", "support", "admin", "blocked"])
const STATES = ["1", "0", "-1", "-2"]

/**
 * @param {Schemas["Account"]} user
 * @param {string | null} etag
 * @param {(changed: Schemas["Account"]) => void} onChange
 */
export function accessForm(user, etag, onChange) {
  const path = { id: String(user.id) }
  const read = async () => ({ etag } = await api.get("/admin/user/{id}", { path }))
  return form({
    fields: [
      field({ name: "role", label: t("role"), hint: t("role.hint"), tag: "select", options: ROLES.map((role) => [role, t.named("roles", role)]), value: user.role }),
      field({ name: "status", label: t("status"), hint: t("status.hint"), tag: "select", options: STATES.map((state) => [state, t.named("states", state)]), value: user.status }),
    ],
    submit: t("save"),
    async action(values, { message }) {
      const body = /** @type {Schemas["UserUpdate"]} */ ({ role: values.text("role"), status: values.number("status") })
      const reply = await unlessChanged(() => api.patch("/admin/user/{id}", { path, body, ifMatch: etag ?? undefined }), read)
      etag = reply.etag
      onChange(reply.data.user)
      message.show(t("saved"))
    },
  })
}

/** @param {Schemas["Account"]} user */
export function impersonateButton(user) {
  return confirmed(t("impersonate"), "plain", t("impersonate.title", { name: user.username }), t("impersonate.text"), async () => {
    session.actAs((await api.get("/admin/impersonate/{id}", { path: { id: String(user.id) } })).data)
    go("/")
  })
}

/** @param {Schemas["Account"]} user */
export function turnOffButton(user) {
  return confirmed(t("turnOff"), "plain danger", t("turnOff.title", { name: user.username }), t("turnOff.text"), () => change(user, { mfaEnabled: false }))
}

/** @param {Schemas["Account"]} user */
export function withdrawButton(user) {
  return confirmed(t("withdraw"), "plain danger", t("withdraw.title", { name: user.username }), t("withdraw.text"), () => change(user, { consent: 0 }))
}

/** @param {Schemas["Account"]} user @param {Schemas["UserUpdate"]} body */
async function change(user, body) {
  await api.patch("/admin/user/{id}", { path: { id: String(user.id) }, body })
  await refresh()
  announce(t("saved"))
}

/**
 * A button that asks first, and says what will happen.
 * @param {string} name
 * @param {string} look
 * @param {string} title
 * @param {string} text
 * @param {() => Promise<unknown>} action
 */
function confirmed(name, look, title, text, action) {
  const ask = () => askToConfirm({ title, text, submit: name, danger: look.includes("danger"), action })
  return el("button", { type: "button", class: look, onclick: ask }, name)
}
