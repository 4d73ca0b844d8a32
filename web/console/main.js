// Starts the console.
import { connect } from "./api.js"
import { watchIdle } from "./idle.js"
import { renewSession } from "./renewal.js"
import { go, signInPath, start } from "./router.js"
import { routes } from "./routes.js"
import { session } from "./session.js"
import { showShell, showWaiting } from "./shell.js"
import { chooseLanguage, loadTexts } from "./texts.js"
import { byId } from "./ui/dom.js"

chooseLanguage(session.account?.language)
await loadTexts("shell")
connect({ renewSession, showWaiting })
showShell(routes)
watchIdle(() => {
  const path = signInPath()
  session.end()
  go(`${path}${path.includes("?") ? "&" : "?"}because=idle`)
})
await start(byId("content"), routes)
