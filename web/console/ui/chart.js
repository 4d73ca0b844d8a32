// Charts that the API draws. They are fetched with the token of the session, and shown from memory.
import { byId, el } from "./dom.js"

const NARROWEST = 320
const WIDEST = 1920

/** The width of a chart that fills the page: a parameter of the API, so that text has its size. */
export function chartWidth() {
  return Math.min(WIDEST, Math.max(NARROWEST, Math.floor(byId("content").clientWidth)))
}

/**
 * A chart, such as `api.file("/account/usage.svg", { query: { width: chartWidth() } })`. Its colours are those that the
 * browser prefers, as the page's are. Show its values as a table, too.
 * @param {Blob} file
 * @param {string} label what it shows, for screen readers
 */
export function chart(file, label) {
  const address = URL.createObjectURL(file)
  const release = () => URL.revokeObjectURL(address)
  return el("img", { class: "chart", src: address, alt: label, onload: release, onerror: release })
}
