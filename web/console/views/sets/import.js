// Read a file of another program. What becomes of it is reviewed before anything is stored.
/** @import { Schemas } from "../../../types/client" */
/** @import { Context } from "../../../types/views" */
import { api } from "../../api.js"
import { texts } from "../../texts.js"
import { el, newId } from "../../ui/dom.js"
import { field } from "../../ui/form.js"
import { message } from "../../ui/message.js"
import { page } from "../../ui/page.js"
import { reportOf } from "./report.js"

const t = texts("sets")
const MOST = 1_048_576
/** @type {Record<string, Schemas["ImportFormat"]>} */
const FORMATS = { smis: "smis", vit: "vit", csv: "csv", json: "json", yaml: "yaml", yml: "yaml" }
const ENDINGS = Object.keys(FORMATS).map((ending) => `.${ending}`)
/** Their files say it themselves. @type {Schemas["ImportFormat"][]} */
const WITH_UNIT = ["smis", "vit"]

/** @param {Context} context */
export function render({ signal }) {
  const said = message()
  const report = el("div", { class: "region" })
  /** @type {[string, string][]} */
  const options = [["", t("import.unit.file")], ["mm", t("millimetres")], ["cm", t("centimetres")], ["inch", t("inches")]]
  const unit = field({ name: "unit", label: t("import.unit"), hint: t("import.unit.hint"), tag: "select", options, hidden: true })
  const input = el("input", { type: "file", id: newId(), accept: ENDINGS.join() })
  /** @type {File | undefined} */
  let file
  let reads = 0

  async function show() {
    if (!file) return
    const { name } = file
    const format = FORMATS[name.toLowerCase().split(".").at(-1) ?? ""]
    const mine = ++reads
    said.clear()
    report.replaceChildren()
    if (!format) return said.showProblem(t("import.format", { name, endings: ENDINGS.join(", ") }))
    if (file.size > MOST) return said.showProblem(t("import.large", { name }))
    unit.hidden = WITH_UNIT.includes(format)
    const units = unit.hidden ? undefined : /** @type {Schemas["ImportUnit"] | undefined} */ (unit.input.value || undefined)
    const query = { format, units }
    report.ariaBusy = "true"
    try {
      const { data } = await api.post("/sets/import", { query, file })
      if (mine === reads) report.replaceChildren(reportOf(file, query, data.report))
    } catch (error) {
      if (mine === reads) said.showError(error)
    } finally {
      if (mine === reads) report.ariaBusy = null
    }
  }

  /** @param {File | undefined} chosen */
  const choose = (chosen) => {
    file = chosen ?? file
    void show()
  }
  input.addEventListener("change", () => choose(input.files?.[0]))
  unit.input.addEventListener("change", () => void show())
  return page(
    t("import.title"),
    el("p", { class: "lead" }, t("import.text")),
    el("div", { class: "fields" }, dropZone(input, choose, signal), unit, said.element),
    report,
  )
}

/**
 * A file may be dropped beside the zone, too: the browser would leave the console to show it.
 * @param {HTMLInputElement} input
 * @param {(file: File | undefined) => void} choose
 * @param {AbortSignal} signal
 */
function dropZone(input, choose, signal) {
  const zone = el("div", { class: "field drop" }, el("label", { for: input.id }, t("import.drop")), input, el("small", {}, ENDINGS.join(", ")))
  const over = (/** @type {DragEvent} */ event) => {
    event.preventDefault()
    zone.classList.add("over")
  }
  const drop = (/** @type {DragEvent} */ event) => {
    event.preventDefault()
    zone.classList.remove("over")
    const [file] = event.dataTransfer?.files ?? []
    if (file) input.files = listOf(file)
    choose(file)
  }
  addEventListener("dragover", over, { signal })
  addEventListener("dragleave", () => zone.classList.remove("over"), { signal })
  addEventListener("drop", drop, { signal })
  return zone
}

/** The list with which a file input shows the name of a file. @param {File} file */
function listOf(file) {
  const transfer = new DataTransfer()
  transfer.items.add(file)
  return transfer.files
}
