// Errors of requests, and what is said about them.
/** @import { Schemas } from "../types/client" */
import { currentLanguage, texts } from "./texts.js"

const t = texts("shell")
const problems = texts("problems")
// Of these the server's sentence says only what ours says in the user's language.
const OURS_ONLY = new Set([0, 429, 503])
// Of these it says more than the sentence of the code: which field, which line, which level.
const PRECISE = new Set(["validationFailed", "fileInvalid", "imgInvalid", "insufficientAccessLevel"])

/** A request that was rejected, or that got no response. */
export class RequestError extends Error {
  /**
   * @param {number} status 0: no response
   * @param {Partial<Schemas["Problem"]>} problem
   * @param {{ retryAfter?: number, timedOut?: boolean }} [more]
   */
  constructor(status, problem, { retryAfter, timedOut = false } = {}) {
    super(problem.detail ?? problem.title ?? "")
    this.status = status
    this.code = problem.error
    this.detail = problem.detail ?? problem.title ?? ""
    this.errors = problem.errors ?? []
    this.problem = problem
    this.retryAfter = retryAfter
    this.timedOut = timedOut
  }
}

/**
 * An error in the user's language, and the sentence of the server, which is in English. Either may be empty. In other
 * languages than English the sentence of the code replaces that of the server.
 * @param {unknown} error
 * @returns {{ ours: string, detail: string }}
 */
export function described(error) {
  if (!(error instanceof RequestError)) {
    console.error(error)
    return { ours: t("error.unknown"), detail: "" }
  }
  if (OURS_ONLY.has(error.status) || error.code === "nameMissing") return { ours: sentence(error), detail: "" }
  const { code = "", detail } = error
  const ours = translated(code)
  if (ours) return { ours, detail: PRECISE.has(code) ? detail : "" }
  return { ours: sentence(error) || (detail ? "" : t("error.unknown")), detail }
}

/** @param {string} code @returns {string} its sentence; empty in English, and for a code without one */
function translated(code) {
  const text = currentLanguage() === "en" ? code : problems.named("code", code)
  return text === code ? "" : text
}

/**
 * @param {RequestError} error
 * @returns {string}
 */
function sentence(error) {
  if (error.code === "nameMissing") return t("error.nameMissing")
  switch (error.status) {
    case 0:
      return error.timedOut ? t("error.slow") : t("error.unreachable")
    case 403:
      return t("error.403")
    case 409:
      return t("error.409")
    case 412:
      return t("error.412")
    case 429:
      return error.retryAfter ? t.count("error.429.after", error.retryAfter) : t("error.429")
    case 503:
      return t("error.503")
    default:
      return ""
  }
}
