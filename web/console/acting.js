// An administrator acts as another account: a banner over every view says so, and ends it.
import { endOnServer } from "./ending.js"
import { go } from "./router.js"
import { session } from "./session.js"
import { texts } from "./texts.js"
import { announce, el } from "./ui/dom.js"

const t = texts("shell")

/** What is shown over every view; nothing to those who are themselves. */
export function banner() {
  const { account, staff } = session
  if (!account || !staff) return []
  return [
    el(
      "section",
      { class: "banner page", "aria-label": t("acting.title") },
      el("p", {}, t("acting.text", { name: account.username, staff: staff.username })),
      el("button", { type: "button", class: "plain small", onclick: endActing }, t("acting.stop")),
    ),
  ]
}

async function endActing() {
  await endOnServer()
  // A token that has ended meanwhile was noticed by this request.
  if (session.staff) stopActing()
}

/** Be oneself again, at the account that one acted as. */
export function stopActing() {
  const path = `/users/${session.account?.id}`
  session.stopActing()
  go(path)
  announce(t("acting.stopped"))
}
