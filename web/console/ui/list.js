// Lists that the API returns page by page.
import { texts } from "../texts.js"
import { el } from "./dom.js"
import { message } from "./message.js"
import { loaded } from "./states.js"

const t = texts("shell")

/**
 * A list with a button for its next page.
 * @template R
 * @param {(cursor: string | undefined) => Promise<{ rows: R[], next: string | null }>} load
 * @param {(rows: R[]) => Node} render all rows so far
 */
export function paged(load, render) {
  return loaded(
    () => load(undefined),
    (first) => {
      let { rows, next } = first
      const shown = el("div", {}, render(rows))
      const said = message()
      const more = el("button", { type: "button", class: "plain", hidden: !next, onclick: showMore }, t("more"))
      async function showMore() {
        more.disabled = true
        said.clear()
        try {
          const page = await load(next ?? undefined)
          rows = [...rows, ...page.rows]
          next = page.next
          shown.replaceChildren(render(rows))
          more.hidden = !next
        } catch (error) {
          said.showError(error)
        } finally {
          more.disabled = false
        }
      }
      return el("div", {}, shown, said.element, more)
    },
  )
}
