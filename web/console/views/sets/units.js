// Measurements as people write them: centimetres or inches, with fractions. The API has millimetres, and degrees for angles.
import { number } from "../../format.js"

/** @typedef {"cm" | "inch" | "deg"} Unit */
/** @type {Record<Unit, number>} how many millimetres or degrees one is */
const SIZES = { cm: 10, inch: 25.4, deg: 1 }
/** @type {Record<string, number>} signs that may follow a number, whatever the unit of the field is */
const MARKS = { mm: 1, мм: 1, cm: 10, см: 10, in: 25.4, inch: 25.4, inches: 25.4, '"': 25.4, "″": 25.4, "”": 25.4 }
const WRITTEN = /^(?:(\d+(?:[.,]\d*)?|[.,]\d+)(?:[\s-]+(\d+)\/(\d+))?|(\d+)\/(\d+))\s*(\D*)$/
// Tapes in inches are divided into sixteenths.
const PARTS = 16
const MOST = 100_000

/** @param {string} name of a measurement @param {boolean} imperial @returns {Unit} */
export function unitOf(name, imperial) {
  if (name === "shoulderSlope") return "deg"
  return imperial ? "inch" : "cm"
}

/**
 * What is stored for a text such as `92,5`, `36 1/4`, `36¼″` or `920 mm`; null for an empty one, NaN if it is no number
 * that can be stored.
 * @param {string} text
 * @param {Unit} unit
 * @returns {number | null}
 */
export function read(text, unit) {
  // NFKC makes `1⁄4` of the single sign `¼`.
  const signs = text.replaceAll(/[\u00bc-\u00be\u2150-\u215e]/g, (sign) => ` ${sign.normalize("NFKC")}`)
  const plain = signs.replaceAll("\u2044", "/").trim().toLowerCase()
  if (!plain) return null
  const [found, whole = "0", above = "0", below = "1", over = "0", under = "1", mark = ""] = WRITTEN.exec(plain) ?? []
  const size = sizeOf(mark.trim(), unit)
  if (!found || !size) return NaN
  const value = Number(whole.replace(",", ".")) + Number(above) / Number(below) + Number(over) / Number(under)
  const stored = Math.round(value * size * 10_000) / 10_000
  return stored > 0 && stored <= MOST ? stored : NaN
}

/** @param {string} mark @param {Unit} unit @returns {number | undefined} undefined for another sign than those of lengths */
function sizeOf(mark, unit) {
  if (!mark) return SIZES[unit]
  if (unit === "deg") return mark === "°" ? 1 : undefined
  return MARKS[mark]
}

/** For a field, whose label has the unit. Inches are shown to the sixteenth. @param {number} value @param {Unit} unit */
export function written(value, unit) {
  if (unit !== "inch") return number(value / SIZES[unit], { maximumFractionDigits: 2, useGrouping: false })
  const parts = Math.round((value / SIZES.inch) * PARTS)
  const whole = Math.floor(parts / PARTS)
  if (parts % PARTS === 0) return String(whole)
  let [above, below] = [parts % PARTS, PARTS]
  while (above % 2 === 0) [above, below] = [above / 2, below / 2]
  return `${whole || ""} ${above}/${below}`.trim()
}

/** For a text: with its unit. @param {number} value @param {Unit} unit */
export function shown(value, unit) {
  if (unit !== "cm") return `${written(value, unit)}${unit === "inch" ? "″" : "°"}`
  return number(value / SIZES.cm, { style: "unit", unit: "centimeter", maximumFractionDigits: 2 }).replace(" ", "\u00a0")
}
