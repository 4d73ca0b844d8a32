// Rotate, revoke and remove a key. Each says beforehand what will happen.
/** @import { Schemas } from "../../types/client" */
import { api } from "../api.js"
import { dateTime } from "../format.js"
import { go } from "../router.js"
import { texts } from "../texts.js"
import { askToConfirm } from "../ui/confirm.js"
import { openDialog } from "../ui/dialog.js"
import { announce, el } from "../ui/dom.js"
import { field, form } from "../ui/form.js"
import { nameOf } from "./keys.js"

const t = texts("keys")
const GRACES = /** @type {const} */ ([[86_400, "grace.day"], [3_600, "grace.hour"], [604_800, "grace.week"], [0, "grace.none"]])

/**
 * @param {Schemas["ApiKey"]} key
 * @param {(rotated: Schemas["ApiKeyWithSecret"]) => void} onRotated
 */
export function askToRotate(key, onRotated) {
  const { previousUntil } = key
  const isRotating = !!previousUntil && new Date(previousUntil) > new Date()
  const graces = GRACES.filter(([seconds]) => !isRotating || seconds === 0)
  /** @type {[string, string][]} */
  const options = graces.map(([seconds, text]) => [String(seconds), t(text)])
  return openDialog(t("rotate.title", { name: nameOf(key) }), (close) => [
    el("p", {}, t("rotate.text")),
    isRotating && previousUntil && el("p", { class: "note" }, t("rotate.again", { date: dateTime(previousUntil) })),
    form({
      fields: [field({ name: "grace", label: t("grace"), tag: "select", options })],
      submit: t("rotate"),
      async action(values) {
        const options = { path: { key: key.key }, body: { grace: values.number("grace") }, idempotencyKey: values.idempotencyKey }
        const { data } = await api.post("/apikeys/{key}/rotate", options)
        close(true)
        onRotated(data.apikey)
      },
    }),
  ])
}

/** @param {Schemas["ApiKey"]} key @returns {Promise<boolean>} whether it was revoked */
export function askToRevoke(key) {
  return openDialog(t("revoke.title", { name: nameOf(key) }), (close) => [
    el("p", {}, t("revoke.text")),
    form({
      fields: [field({ name: "reason", label: t("reason"), hint: t("reason.hint"), tag: "textarea" }, { maxlength: 500, rows: 3 })],
      submit: t("revoke"),
      danger: true,
      async action(values) {
        const reason = values.text("reason").trim()
        await api.post("/apikeys/{key}/revoke", { path: { key: key.key }, body: reason ? { reason } : {} })
        announce(t("revoked", { name: nameOf(key) }))
        close(true)
      },
    }),
  ])
}

/** @param {Schemas["ApiKey"]} key @param {string | null} etag */
export function askToRemove(key, etag) {
  return askToConfirm({
    title: t("remove.title", { name: nameOf(key) }),
    text: t("remove.text"),
    submit: t("remove"),
    async action() {
      await api.delete("/apikeys/{key}", { path: { key: key.key }, ifMatch: etag ?? undefined })
      announce(t("removed", { name: nameOf(key) }))
      go("/keys", { replace: true })
    },
  })
}
