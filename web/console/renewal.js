// What happens when a token is rejected: a sign-in over the present view, which keeps what was typed in it.
import { stopActing } from "./acting.js"
import { go, signInPath } from "./router.js"
import { session } from "./session.js"
import { loadTexts, texts } from "./texts.js"
import { el } from "./ui/dom.js"
import { openDialog } from "./ui/dialog.js"

const t = texts("access")
/** @type {Promise<boolean> | null} */
let running = null

/**
 * Sign in again; true if there is a new token of the same account. Requests that are rejected meanwhile wait for it.
 * @returns {Promise<boolean>}
 */
export function renewSession() {
  running ??= ask().finally(() => (running = null))
  return running
}

async function ask() {
  // Acting as another account ends after an hour: its owner's password is nobody else's.
  if (session.staff) {
    stopActing()
    return false
  }
  const before = session.account
  const [{ signInForm }] = await Promise.all([import("./views/sign-in.js"), loadTexts("access")])
  const renewed = await openDialog(t("renew.title"), (close) => [
    el("p", {}, t("renew.text")),
    signInForm({ username: before?.username, done: () => close(true) }),
  ])
  if (!renewed) {
    const path = signInPath()
    session.end()
    go(path)
    return false
  }
  if (session.account?.id === before?.id) return true
  // Somebody else: nothing of what is shown is theirs.
  location.reload()
  return false
}
