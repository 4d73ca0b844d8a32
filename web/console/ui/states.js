// What a list shows while it is loaded, if it is empty, and if it cannot be loaded.
import { texts } from "../texts.js"
import { el } from "./dom.js"
import { message } from "./message.js"

const t = texts("shell")

/** Appears after a moment: most responses are faster. */
export function loading() {
  return el("p", { class: "loading", role: "status" }, t("loading"))
}

/**
 * @param {string} text
 * @param {...import("./dom.js").Child} actions
 */
export function empty(text, ...actions) {
  return el("div", { class: "empty" }, el("p", {}, text), ...actions)
}

/**
 * @param {unknown} error
 * @param {() => unknown} again
 */
export function failure(error, again) {
  const shown = message()
  shown.showError(error)
  return el("div", { class: "failure" }, shown.element, el("button", { type: "button", class: "plain", onclick: again }, t("again")))
}

/**
 * A part of a page that is loaded by itself, and can be loaded again.
 * @template T
 * @param {() => Promise<T>} load
 * @param {(found: T) => Node} render
 * @returns {HTMLElement & { reload: () => Promise<void> }}
 */
export function loaded(load, render) {
  const region = el("div", { class: "region" })
  let last = 0
  const reload = async () => {
    const own = ++last
    // What was asked for later is what counts, whichever response comes first.
    const show = (/** @type {Node} */ content) => own === last && region.replaceChildren(content)
    region.ariaBusy = "true"
    if (!region.hasChildNodes() || region.querySelector(".failure")) region.replaceChildren(loading())
    try {
      show(render(await load()))
    } catch (error) {
      show(failure(error, reload))
    } finally {
      if (own === last) region.ariaBusy = null
    }
  }
  void reload()
  return Object.assign(region, { reload })
}
