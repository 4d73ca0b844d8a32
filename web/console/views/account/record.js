// The account as this view last saw it: an edit says so, so that no change made elsewhere is lost unseen.
/** @import { Schemas } from "../../../types/client" */
import { api } from "../../api.js"
import { unlessChanged } from "../../conditional.js"
import { RequestError } from "../../errors.js"
import { session } from "../../session.js"

/** @typedef {{ readonly account: Schemas["Account"], save: (changes: Schemas["AccountUpdate"]) => Promise<Schemas["Account"]> }} AccountRecord */

/** @returns {Promise<AccountRecord | null>} null while its owner gives no consent */
export async function openRecord() {
  if (session.account?.consent === 0) return null
  const found = await api.get("/account").catch((error) => {
    if (error instanceof RequestError && error.code === "consentLacking") return null
    throw error
  })
  if (!found) return null
  let { data: { account }, etag } = found
  return {
    get account() {
      return account
    },
    async save(body) {
      const change = () => api.patch("/account", { body, ifMatch: etag ?? undefined })
      const reply = await unlessChanged(change, async () => ({ etag } = await api.get("/account")))
      account = reply.data.account
      etag = reply.etag
      session.update(account)
      return account
    },
  }
}
