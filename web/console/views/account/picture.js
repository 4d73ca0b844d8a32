// The picture of the account.
/** @import { AccountRecord } from "./record.js" */
import { server } from "../../api.js"
import { texts } from "../../texts.js"
import { el } from "../../ui/dom.js"
import { field, form } from "../../ui/form.js"

const t = texts("account")
const TYPES = "image/png,image/jpeg,image/webp,image/gif,image/avif"
const NONE = "default-avatar"
// As a data URI it must fit into a body of 12 MB.
const LARGEST = 8_900_000

/** @param {AccountRecord} record */
export function pictureForm(record) {
  const shown = el("img", { class: "picture", alt: t("picture.alt"), width: 120, height: 120 })
  const remove = el("button", { type: "button", class: "plain danger", onclick: clear }, t("picture.remove"))
  const show = () => {
    shown.src = `${server}/images/${record.account.img}`
    remove.hidden = record.account.img === NONE
  }
  /** @type {import("../../ui/form.js").Form} */
  const element = form({
    fields: [shown, field({ name: "picture", label: t("picture.new"), hint: t("picture.hint") }, { type: "file", accept: TYPES, required: true })],
    submit: t("picture.submit"),
    besides: [remove],
    async action(values) {
      const file = values.file("picture")
      if (!file) return
      if (file.size > LARGEST) return element.message.showProblem(t("picture.large"))
      element.message.show(t("picture.sending"))
      await record.save({ img: await dataUri(file) })
      element.reset()
      show()
      element.message.show(t("saved"))
    },
  })
  async function clear() {
    element.message.clear()
    try {
      await record.save({ img: "" })
      show()
      element.message.show(t("picture.removed"))
    } catch (error) {
      element.message.showError(error)
    }
  }
  show()
  return element
}

/** @param {Blob} file @returns {Promise<string>} */
function dataUri(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(String(reader.result))
    reader.onerror = () => reject(reader.error)
    reader.readAsDataURL(file)
  })
}
