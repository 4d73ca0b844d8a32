// Ends the session of a tab that nobody uses. A minute before, the user can stay signed in.
import { session } from "./session.js"
import { texts } from "./texts.js"
import { el } from "./ui/dom.js"
import { openDialog } from "./ui/dialog.js"

const t = texts("shell")
const MINUTE = 60_000
const IDLE = 30 * MINUTE
const CHECKED_EVERY = 10_000

/** @param {() => void} signOut called once the tab was idle for too long */
export function watchIdle(signOut) {
  let usedAt = Date.now()
  let isAsking = false
  const used = () => {
    // What happens while the question is shown does not answer it.
    if (!isAsking) usedAt = Date.now()
  }
  for (const event of ["pointerdown", "keydown", "wheel", "touchstart"]) addEventListener(event, used, { passive: true })
  session.onChange(used)

  const ask = async () => {
    isAsking = true
    const stays = await openDialog(t("idle.title"), (close) => [
      el("p", {}, t("idle.text")),
      el("div", { class: "actions" }, el("button", { type: "button", onclick: () => close(true) }, t("idle.stay"))),
    ], { canCancel: false })
    isAsking = false
    if (stays || session.token) usedAt = Date.now()
  }

  setInterval(() => {
    if (!session.token) return
    // Timers stand still while a computer sleeps: what counts is the time that has passed.
    const idle = Date.now() - usedAt
    if (idle >= IDLE) {
      isAsking = false
      usedAt = Date.now()
      for (const dialog of document.querySelectorAll("dialog")) dialog.close()
      signOut()
    } else if (idle >= IDLE - MINUTE && !isAsking) void ask()
  }, CHECKED_EVERY)
}
