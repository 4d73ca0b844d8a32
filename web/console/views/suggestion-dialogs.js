// Accept or reject a suggestion. Each says beforehand what will happen.
/** @import { Schemas } from "../../types/client" */
import { api } from "../api.js"
import { texts } from "../texts.js"
import { askToConfirm } from "../ui/confirm.js"
import { openDialog } from "../ui/dialog.js"
import { announce, el } from "../ui/dom.js"
import { checkbox, field, form } from "../ui/form.js"
import { named } from "./records.js"

const t = texts("suggestions")

/** @param {Schemas["SuggestedSet"]} one @returns {Promise<boolean>} whether it was accepted */
export function askToAcceptSet(one) {
  // After this the suggestion is gone: if the rest fails, only the rest is done again.
  /** @type {Schemas["CuratedSet"] | undefined} */
  let made
  return openDialog(t("acceptSet.title", { name: named(one.name) }), (close) => [
    el("p", {}, t("acceptSet.text")),
    form({
      fields: [nameField(one.name), checkbox({ name: "published", label: t("publish"), hint: t("publish.hint"), checked: true })],
      submit: t("accept"),
      async action(values) {
        made ??= (await api.post("/curated-sets/from/{id}", { path: { id: one.id }, idempotencyKey: values.idempotencyKey })).data.curatedSet
        const body = { nameEn: values.text("name").trim(), published: values.checked("published") }
        await api.patch("/curated-sets/{id}", { path: { id: String(made.id) }, body })
        announce(t("accepted", { name: body.nameEn }))
        close(true)
      },
    }),
  ])
}

/** @param {Schemas["SuggestedPack"]} one @returns {Promise<boolean>} whether it was accepted */
export function askToAcceptPack(one) {
  // After this the suggestion is gone: if the rest fails, only the rest is done again.
  /** @type {Schemas["OptionPack"] | undefined} */
  let made
  return openDialog(t("acceptPack.title", { name: named(one.name) }), (close) => [
    el("p", {}, t("acceptPack.text", { design: one.design })),
    form({
      fields: [nameField(one.name)],
      submit: t("accept"),
      async action(values) {
        const nameEn = values.text("name").trim()
        made ??= (await api.post("/option-packs/from/{id}", { path: { id: one.id }, idempotencyKey: values.idempotencyKey })).data.optionPack
        if (made.nameEn !== nameEn) await api.patch("/option-packs/{id}", { path: { id: String(made.id) }, body: { nameEn } })
        announce(t("accepted", { name: nameEn }))
        close(true)
      },
    }),
  ])
}

/**
 * @param {{ name: string }} one
 * @param {() => Promise<unknown>} reject
 * @returns {Promise<boolean>} whether it was rejected
 */
export function askToReject(one, reject) {
  const name = named(one.name)
  return askToConfirm({
    title: t("reject.title", { name }),
    text: t("reject.text"),
    submit: t("reject"),
    async action() {
      await reject()
      announce(t("rejected", { name }))
    },
  })
}

/** @param {string} name */
function nameField(name) {
  return field({ name: "name", label: t("nameEn"), value: name === "--" ? "" : name }, { maxlength: 500, required: true })
}
