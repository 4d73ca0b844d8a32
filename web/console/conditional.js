// Changes that are made only if nobody made another one meanwhile (`If-Match`).
import { RequestError } from "./errors.js"

/**
 * Make a change. If the record was changed elsewhere, read it before the user is told: whoever then saves again knows of
 * the other change.
 * @template T
 * @param {() => Promise<T>} change
 * @param {() => Promise<unknown>} read
 */
export async function unlessChanged(change, read) {
  try {
    return await change()
  } catch (error) {
    if (error instanceof RequestError && error.status === 412) await read()
    throw error
  }
}
