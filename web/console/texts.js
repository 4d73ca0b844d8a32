// The texts of the console: `texts/<language>/<area>.json`. A view names its area; the shell's is always loaded.
/** @import { Areas, Texts } from "../types/texts" */

/** @typedef {"en" | "de" | "es" | "fr" | "nl" | "uk"} Language */
/** @type {Record<Language, string>} */
export const LANGUAGES = {
  en: "English",
  de: "Deutsch",
  es: "Español",
  fr: "Français",
  nl: "Nederlands",
  uk: "Українська",
}
const CHOSEN = "freesewing.language"

/** @type {Map<string, Record<string, string>>} */
const tables = new Map()
/** @type {Language} */
let language = "en"

/** The language of all texts, dates and numbers. */
export function currentLanguage() {
  return language
}

/** @param {string | null | undefined} name @returns {name is Language} */
function isKnown(name) {
  return !!name && name in LANGUAGES
}

/**
 * Choose the language: the one that was chosen here, else that of the account, else the first that the browser asks for.
 * @param {string} [ofAccount]
 */
export function chooseLanguage(ofAccount) {
  const wanted = [localStorage.getItem(CHOSEN), ofAccount, ...navigator.languages.map((tag) => tag.slice(0, 2))]
  language = wanted.find(isKnown) ?? "en"
  document.documentElement.lang = language
}

/** @param {string} chosen kept for later visits */
export function keepLanguage(chosen) {
  localStorage.setItem(CHOSEN, chosen)
}

/**
 * Load the texts of an area in the current language.
 * @param {keyof Areas} area
 */
export async function loadTexts(area) {
  const name = `${language}/${area}`
  if (tables.has(name)) return
  const response = await fetch(new URL(`texts/${name}.json`, import.meta.url), { credentials: "omit" })
  if (!response.ok) throw new Error(`no texts: ${name}`)
  tables.set(name, await response.json())
}

/**
 * The texts of an area. They are looked up when they are used: by then the area must be loaded.
 * @template {keyof Areas} A
 * @param {A} area
 * @returns {Texts<A>}
 */
export function texts(area) {
  /** @param {string} key */
  const found = (key) => tables.get(`${language}/${area}`)?.[key]
  /** @param {string} key @param {Record<string, string | number>} [values] */
  const text = (key, values = {}) =>
    (found(key) ?? key).replaceAll(/\{(\w+)\}/g, (whole, name) => {
      const value = values[name]
      return typeof value === "number" ? value.toLocaleString(language) : (value ?? whole)
    })
  /** @param {string} key @param {number} count @param {Record<string, string | number>} [values] */
  const counted = (key, count, values) => {
    const form = `${key}.${new Intl.PluralRules(language).select(count)}`
    return text(found(form) === undefined ? `${key}.other` : form, { count, ...values })
  }
  /** @param {string} prefix @param {string} name */
  const named = (prefix, name) => found(`${prefix}.${name}`) ?? name
  return Object.assign(text, { count: counted, named })
}
