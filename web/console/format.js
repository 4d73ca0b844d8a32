// Dates and numbers in the user's language.
import { currentLanguage } from "./texts.js"

const UNITS = /** @type {const} */ ([
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
])

/** @param {string} moment ISO 8601 */
export function date(moment) {
  return new Intl.DateTimeFormat(currentLanguage(), { dateStyle: "medium" }).format(new Date(moment))
}

/** A day that the API counts by, which is one of UTC. @param {string} moment ISO 8601 */
export function day(moment) {
  const options = /** @type {const} */ ({ dateStyle: "medium", timeZone: "UTC" })
  return new Intl.DateTimeFormat(currentLanguage(), options).format(new Date(moment))
}

/** @param {string} moment ISO 8601 */
export function dateTime(moment) {
  const options = /** @type {const} */ ({ dateStyle: "medium", timeStyle: "short" })
  return new Intl.DateTimeFormat(currentLanguage(), options).format(new Date(moment))
}

/** The time of day. @param {Date} moment */
export function time(moment) {
  return new Intl.DateTimeFormat(currentLanguage(), { timeStyle: "medium" }).format(moment)
}

/** Such as "in 3 days" and "2 hours ago". @param {string} moment ISO 8601 */
export function relative(moment) {
  const seconds = (new Date(moment).getTime() - Date.now()) / 1000
  const format = new Intl.RelativeTimeFormat(currentLanguage(), { numeric: "auto" })
  for (const [unit, length] of UNITS) {
    if (Math.abs(seconds) >= length) return format.format(Math.round(seconds / length), unit)
  }
  return format.format(0, "minute")
}

/** Whether a name has a visible character, as the API demands of new ones. @param {string | null | undefined} name @returns {name is string} */
export function isVisible(name) {
  return /[^\p{Cc}\p{Cf}\p{Z}\u3164]/u.test(name ?? "")
}

/** @param {number} value @param {Intl.NumberFormatOptions} [options] */
export function number(value, options) {
  return new Intl.NumberFormat(currentLanguage(), options).format(value)
}
