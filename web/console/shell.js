// What is around every view: the menu, the account, the language.
/** @import { Route } from "../types/views" */
import { banner } from "./acting.js"
import { endOnServer } from "./ending.js"
import { go, here, href, mayLeaveView } from "./router.js"
import { session } from "./session.js"
import { currentLanguage, keepLanguage, LANGUAGES, texts } from "./texts.js"
import { announce, byId, el, newId } from "./ui/dom.js"

const t = texts("shell")

/** @param {readonly Route[]} routes */
export function showShell(routes) {
  byId("skip").textContent = t("skip")
  byId("console-link").textContent = t("console")
  byId("docs-link").textContent = t("documentation")
  // The address behind `#` is that of a view.
  byId("skip").addEventListener("click", (event) => {
    event.preventDefault()
    byId("content").focus()
  })
  byId("footer").replaceChildren(languages())
  const redraw = () => {
    byId("banner").replaceChildren(...banner())
    byId("account").replaceChildren(...account())
    byId("menu").replaceChildren(...menu(routes))
  }
  session.onChange(redraw)
  addEventListener("viewchange", redraw)
  redraw()
}

/** Tell that a request takes long. @param {boolean} waiting */
export function showWaiting(waiting) {
  byId("waiting").textContent = waiting ? t("waiting") : ""
}

/** @param {readonly Route[]} routes */
function menu(routes) {
  const { account } = session
  if (!account) return []
  const { path } = here()
  const entries = routes.flatMap(({ menu, path: target, roles }) => {
    if (!menu || (roles && !roles.includes(account.role))) return []
    const current = path === target ? "page" : path.startsWith(`${target}/`) ? "true" : undefined
    return [el("li", {}, el("a", { href: href(target), "aria-current": current }, t(menu)))]
  })
  return [el("nav", { "aria-label": t("menu") }, el("ul", {}, ...entries))]
}

function account() {
  const { account } = session
  if (!account) return []
  return [el("span", {}, t("signedInAs", { name: account.username })), el("button", { type: "button", class: "plain small", onclick: signOut }, t("signOut"))]
}

async function signOut() {
  if (!(await mayLeaveView())) return
  // An administrator's own session: whatever began in it ends with it.
  session.stopActing()
  await endOnServer()
  session.end()
  go("/sign-in?because=signedOut")
  announce(t("signedOut"))
}

function languages() {
  const id = newId()
  const options = Object.entries(LANGUAGES).map(([code, name]) => el("option", { value: code, lang: code, selected: code === currentLanguage() }, name))
  const select = el("select", { id }, options)
  select.addEventListener("change", () => {
    keepLanguage(select.value)
    location.reload()
  })
  return el("p", { class: "page" }, el("label", { for: id }, t("language")), " ", select)
}
