// Addresses behind `#`, so that the server serves one page and no address of a view reaches it: `#/keys/5b0a…?by=day`.
/** @import { Place, Route } from "../types/views" */
import { session } from "./session.js"
import { loadTexts } from "./texts.js"
import { focusField, focusTitle } from "./ui/page.js"
import { failure, loading } from "./ui/states.js"

const LOADING_AFTER = 300 // milliseconds: most views are there before
/** @type {readonly Route[]} */
let routes = []
/** @type {HTMLElement} */
let container
let leaving = new AbortController()
let isFirst = true
/** Shown for addresses that no view has. @type {Route} */
const UNKNOWN = { path: "", area: "shell", view: () => import("./views/unknown.js"), open: true }
/** The address of the view that is shown. */
let shown = ""
/** @type {(() => Promise<boolean>) | null} */
let mayLeave = null

/** The place that the address bar names. @returns {Place} */
export function here() {
  const [path = "", query] = location.hash.slice(1).split("?")
  return { path: path || "/", query: new URLSearchParams(query) }
}

/** The address of a view, for links. @param {string} path */
export function href(path) {
  return `#${path}`
}

/**
 * Show a view.
 * @param {string} path
 * @param {{ replace?: boolean }} [options] `replace`: the present place is no step back
 */
export function go(path, { replace = false } = {}) {
  if (location.hash === href(path)) void show()
  else if (replace) location.replace(href(path))
  else location.hash = href(path)
}

/** Show the present view anew. */
export function refresh() {
  return show()
}

/** Where to sign in, and to return from. */
export function signInPath() {
  const { hash } = location
  return hash.length > 2 && !hash.startsWith("#/sign-in") ? `/sign-in?next=${encodeURIComponent(hash.slice(1))}` : "/sign-in"
}

/**
 * Show views in `target`, now and whenever the address changes.
 * @param {HTMLElement} target
 * @param {readonly Route[]} known
 */
export function start(target, known) {
  container = target
  routes = known
  addEventListener("hashchange", () => void leave())
  return show()
}

/**
 * @param {string} path
 * @returns {{ route: Route, params: Record<string, string> } | null}
 */
function match(path) {
  const parts = path.split("/")
  for (const route of routes) {
    const names = route.path.split("/")
    if (names.length !== parts.length) continue
    if (!names.every((name, at) => name.startsWith(":") || name === parts[at])) continue
    const params = names.flatMap((name, at) => (name.startsWith(":") ? [[name.slice(1), decoded(parts[at] ?? "")]] : []))
    return { route, params: Object.fromEntries(params) }
  }
  return null
}

/** @param {string} part */
function decoded(part) {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/**
 * Ask before the user leaves the present view.
 * @param {() => Promise<boolean>} ask whether the user may leave
 */
export function askBeforeLeaving(ask) {
  mayLeave = ask
}

/** @returns {Promise<boolean>} whether the user leaves the present view, who is asked if something in it is not saved */
export async function mayLeaveView() {
  return !mayLeave || mayLeave()
}

async function leave() {
  // Without a session nothing can be saved.
  if (!mayLeave || !session.token) return show()
  const ask = mayLeave
  // A second step back meanwhile is not asked about again.
  mayLeave = async () => false
  if (await ask()) return show()
  mayLeave = ask
  return history.replaceState(null, "", shown)
}

async function show() {
  mayLeave = null
  shown = location.hash
  leaving.abort()
  leaving = new AbortController()
  const { signal } = leaving
  const { path, query } = here()
  const found = match(path) ?? { route: UNKNOWN, params: {} }
  if (!isAllowed(found.route)) return go(signInPath(), { replace: true })
  const content = await rendered(found.route, { params: found.params, query, signal })
  if (signal.aborted || !content) return
  container.replaceChildren(content)
  dispatchEvent(new CustomEvent("viewchange", { detail: found.route }))
  // The first view of a page leaves the focus at its top, or in the field that it is opened for.
  if (isFirst) focusField(container)
  else focusTitle(container)
  isFirst = false
}

/** Whether the view can be shown at present. @param {Route} route */
function isAllowed(route) {
  return Boolean(route.open || session.token)
}

/**
 * @param {Route} route
 * @param {import("../types/views").Context} context
 */
async function rendered(route, context) {
  const wait = setTimeout(() => context.signal.aborted || container.replaceChildren(loading()), LOADING_AFTER)
  try {
    const [view] = await Promise.all([route.view(), ...[route.area].flat().map(loadTexts)])
    // A view that was left, or whose session ended, while its module was loaded sends no requests.
    return !context.signal.aborted && isAllowed(route) && (await view.render(context))
  } catch (error) {
    // Reloading also fetches a module that could not be loaded.
    return failure(error, () => location.reload())
  } finally {
    clearTimeout(wait)
  }
}
