// The frame of a view: its title, which is also the title of the tab.
import { el } from "./dom.js"

/**
 * @param {string} title
 * @param {...(import("./dom.js").Child | import("./dom.js").Child[])} content
 */
export function page(title, ...content) {
  document.title = `${title} – FreeSewing API`
  return el("div", { class: "view" }, el("h1", { tabindex: -1 }, title), ...content)
}

/** Move the focus to the field of the view in `container` that has `data-first`, else to the title. @param {HTMLElement} container */
export function focusTitle(container) {
  const start = container.querySelector("[data-first]") ?? container.querySelector("h1")
  if (start instanceof HTMLElement) start.focus()
  else container.focus()
  scrollTo(0, 0)
}

/** Move the focus to the field in `container` that has `data-opening`. @param {HTMLElement} container */
export function focusField(container) {
  const field = container.querySelector("[data-opening]")
  if (field instanceof HTMLElement) field.focus()
}

/** A part of a view under a title of its own. @param {string} title @param {...import("./dom.js").Child} content */
export function section(title, ...content) {
  const name = el("h2", {}, title)
  name.id = `section-${title.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, "-")}`
  return el("section", { "aria-labelledby": name.id }, name, ...content)
}
