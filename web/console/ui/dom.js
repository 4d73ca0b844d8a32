// Elements, made of data. Text is always text: nothing here reads HTML.

/** @typedef {Node | string | number | null | undefined | false} Child */
/**
 * @typedef {Record<string, string | number | boolean | null | undefined | ((event: any) => unknown)>} Properties
 * attributes; `false`, null and undefined leave one out, functions are listeners. While an `onclick` has not ended, further
 * clicks do nothing.
 */

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Properties} [properties]
 * @param {...(Child | Child[])} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function el(tag, properties = {}, ...children) {
  return built(document.createElement(tag), properties, children.flat())
}

/**
 * @template {keyof SVGElementTagNameMap} T
 * @param {T} tag
 * @param {Properties} [properties]
 * @param {...(Child | Child[])} children
 * @returns {SVGElementTagNameMap[T]}
 */
export function svg(tag, properties = {}, ...children) {
  return built(document.createElementNS("http://www.w3.org/2000/svg", tag), properties, children.flat())
}

/**
 * @template {Element} E
 * @param {E} element
 * @param {Properties} properties
 * @param {Child[]} children
 */
function built(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), name === "onclick" ? oneAtATime(value) : value)
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value === true ? "" : String(value))
  }
  return append(element, children)
}

/** @param {(event: any) => unknown} listener */
function oneAtATime(listener) {
  let isRunning = false
  return async (/** @type {Event} */ event) => {
    if (isRunning) return
    isRunning = true
    try {
      await listener(event)
    } finally {
      isRunning = false
    }
  }
}

/**
 * Append children to an element that exists already. Of those that `Child` allows, false, null and undefined are no text.
 * @template {Element} E
 * @param {E} element
 * @param {Child[]} children
 */
export function append(element, children) {
  for (const child of children) {
    if (child !== null && child !== undefined && child !== false) element.append(child instanceof Node ? child : String(child))
  }
  return element
}

let ids = 0

/** An id for `for`, `aria-describedby` and `aria-labelledby`. */
export function newId() {
  return `id-${++ids}`
}

/** The element of the page with this id. @param {string} id */
export function byId(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id))
}

let told = 0
// Milliseconds for which a text for all users is shown.
const TOLD = 5_000

/** Say something to users of screen readers. @param {string} text */
export function announce(text) {
  clearTimeout(told)
  byId("announcements").className = "unseen"
  byId("announcements").textContent = text
}

/** Say something to all users. @param {string} text */
export function tell(text) {
  announce(text)
  byId("announcements").className = "said"
  told = setTimeout(() => (byId("announcements").className = "unseen"), TOLD)
}
