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
  const reload = async () => {
    region.ariaBusy = "true"
    if (!region.hasChildNodes() || region.querySelector(".failure")) region.replaceChildren(loading())
    try {
      region.replaceChildren(render(await load()))
    } catch (error) {
      region.replaceChildren(failure(error, reload))
    } finally {
      region.ariaBusy = null
    }
  }
  void reload()
  return Object.assign(region, { reload })
}
