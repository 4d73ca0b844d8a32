// Charts that the API draws. They are fetched with the token of the session, and shown from memory.
import { currentLanguage } from "../texts.js"
import { byId, el } from "./dom.js"

const NARROWEST = 320
const WIDEST = 1920
// Milliseconds without another change of the width.
const RESIZED_AFTER = 400

/** Parameters of the API: the language of the console, and the width of the page, so that text has its size. */
export function chartOptions() {
  return { language: currentLanguage(), width: chartWidth() }
}

function chartWidth() {
  return Math.min(WIDEST, Math.max(NARROWEST, Math.floor(byId("content").clientWidth)))
}

/**
 * A chart, such as `api.file("/account/usage.svg", { query: chartOptions() })`. Its colours are those that the
 * browser prefers, as the page's are. Show its values as a table, too.
 * @param {Blob} file
 * @param {string} label what it shows, for screen readers
 * @param {() => Promise<Blob>} draw the same chart in the present width, after the window got another one
 */
export function chart(file, label, draw) {
  const image = el("img", { class: "chart", alt: label })
  show(image, file)
  drawOnResize(image, draw)
  return image
}

/** @param {HTMLImageElement} image @param {Blob} file */
function show(image, file) {
  const address = URL.createObjectURL(file)
  image.onload = image.onerror = () => URL.revokeObjectURL(address)
  image.src = address
}

/** @param {HTMLImageElement} image @param {() => Promise<Blob>} draw */
function drawOnResize(image, draw) {
  let width = chartWidth()
  let timer = 0
  const redraw = async () => {
    if (chartWidth() === width) return
    width = chartWidth()
    // The browser scales the chart that it has if another one cannot be had.
    const file = await draw().catch(() => null)
    if (file) show(image, file)
  }
  const onResize = () => {
    clearTimeout(timer)
    if (image.isConnected) timer = setTimeout(redraw, RESIZED_AFTER)
    else removeEventListener("resize", onResize)
  }
  addEventListener("resize", onResize)
}
