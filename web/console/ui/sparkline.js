// A small column chart, drawn as SVG elements.
import { svg } from "./dom.js"

const WIDTH = 3
const GAP = 1
const HEIGHT = 24

/**
 * @param {number[]} values
 * @param {string} label what it shows, for screen readers
 */
export function sparkline(values, label) {
  const largest = Math.max(1, ...values)
  const width = values.length * (WIDTH + GAP)
  const columns = values.map((value, at) => {
    // A day with one call can be seen beside one with thousands.
    const height = value ? Math.max(2, Math.round((value / largest) * HEIGHT)) : 1
    const place = { x: at * (WIDTH + GAP), y: HEIGHT - height, width: WIDTH, height }
    return svg("rect", { ...place, class: value ? "some" : "none" })
  })
  return svg("svg", { class: "sparkline", role: "img", "aria-label": label, viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT }, columns)
}
