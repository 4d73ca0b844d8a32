// Starts the console.
import { connect, server } from "./api.js"
import { watchIdle } from "./idle.js"
import { renewSession } from "./renewal.js"
import { go, signInPath, start } from "./router.js"
import { routes } from "./routes.js"
import { session } from "./session.js"
import { showShell, showWaiting } from "./shell.js"
import { chooseLanguage, loadTexts } from "./texts.js"
import { byId } from "./ui/dom.js"

// The links of mails have the path of FreeSewing's own pages. Their secret leaves the address that servers log.
const [mailed] = /\/confirm\/[^/]+\/[^/]+\/[^/]+\/?$/.exec(location.pathname) ?? []
if (mailed) history.replaceState(null, "", `${server}/console/#${mailed.replace(/\/$/, "")}`)

chooseLanguage(session.account?.language)
await Promise.all([loadTexts("shell"), loadTexts("problems")])
connect({ renewSession, showWaiting })
showShell(routes)
watchIdle(() => {
  const path = signInPath()
  session.end()
  go(`${path}${path.includes("?") ? "&" : "?"}because=idle`)
})
await start(byId("content"), routes)
