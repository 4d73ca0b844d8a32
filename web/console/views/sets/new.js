// Create a measurement set: empty, or with the measurements of a curated size.
/** @import { Schemas } from "../../../types/client" */
import { api } from "../../api.js"
import { go, href } from "../../router.js"
import { texts } from "../../texts.js"
import { announce, el } from "../../ui/dom.js"
import { field, form } from "../../ui/form.js"
import { page } from "../../ui/page.js"
import { everyPage, nameOfSize } from "../records.js"
import { unitsField } from "./edit.js"
import { nameOf } from "./measurements.js"
import { shown } from "./units.js"

const t = texts("sets")
const r = texts("records")
/** @typedef {Schemas["CuratedSet"]} CuratedSet */
const TOLD = /** @type {const} */ (["chest", "waist", "seat"])

export async function render() {
  const [{ data }, sizes] = await Promise.all([api.get("/account"), curatedSets()])
  return page(
    t("new.title"),
    el("p", {}, t("new.file"), " ", el("a", { href: href("/sets/import") }, t("import"))),
    form({
      fields: [
        field({ name: "name", label: r("name"), hint: t("name.hint") }, { maxlength: 500, required: true, autocomplete: "off", "data-first": true }),
        unitsField(data.account.imperial),
        sizeField(sizes),
      ],
      submit: t("new.submit"),
      async action(values) {
        const size = sizes.find((one) => String(one.id) === values.text("from"))
        const body = {
          name: values.text("name").trim(),
          imperial: values.text("units") === "inch",
          ...(size && { measies: size.measies, notes: t("new.notes", { name: nameOfSize(size) }) }),
        }
        const { data } = await api.post("/sets", { body, idempotencyKey: values.idempotencyKey })
        go(`/sets/${data.set.id}/edit`, { replace: true })
        announce(t("created"))
      },
    }),
  )
}

/** A list of the sizes; the chosen one's main measurements are its hint. @param {CuratedSet[]} sizes */
function sizeField(sizes) {
  /** @type {[string, string][]} */
  const options = sizes.map((size) => [String(size.id), nameOfSize(size)])
  const from = field({
    name: "from",
    label: t("new.from"),
    hint: t("new.empty.hint"),
    tag: "select",
    options: [["", t("new.empty")], ...options],
  })
  from.input.addEventListener("change", () => {
    const size = sizes.find((one) => String(one.id) === from.input.value)
    const text = size ? told(size) : t("new.empty.hint")
    from.querySelector("small")?.replaceChildren(text)
    announce(text)
  })
  return from
}

async function curatedSets() {
  return everyPage(async (cursor) => {
    const { data, next } = await api.get("/curated-sets", { query: { cursor } })
    return { rows: data.curatedSets, next }
  })
}

/** @param {CuratedSet} size */
function told({ measies }) {
  const parts = TOLD.map((name) => measies[name] && `${nameOf(name)} ${shown(measies[name], "cm")} (${shown(measies[name], "inch")})`)
  return parts.filter(Boolean).join(", ")
}
