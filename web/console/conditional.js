// Edits that name the version that was shown (`If-Match`): the server rejects them with 412 after another change.
import { RequestError } from "./errors.js"

/**
 * Make an edit. After 412, read the record again before the error is thrown and shown: a second attempt of the user then
 * names the new version.
 * @template T
 * @param {() => Promise<T>} change
 * @param {() => Promise<unknown>} read
 * @returns {Promise<T>} what `change` returns
 */
export async function unlessChanged(change, read) {
  try {
    return await change()
  } catch (error) {
    if (error instanceof RequestError && error.status === 412) await read()
    throw error
  }
}
