// The pages of monitoring, as links at the top of each.
import { href } from "../../router.js"
import { texts } from "../../texts.js"
import { el } from "../../ui/dom.js"

const t = texts("monitoring")
const PAGES = /** @type {const} */ ([
  ["/monitoring", "page.heaviest"],
  ["/monitoring/recent", "page.recent"],
  ["/monitoring/requests", "page.requests"],
  ["/monitoring/audit", "page.audit"],
])

/** @param {string} current the path of the page that is shown */
export function monitoringPages(current) {
  const links = PAGES.map(([path, title]) =>
    el("li", {}, el("a", { href: href(path), "aria-current": path === current && "page" }, t(title))))
  return el("nav", { "aria-label": t("title") }, el("ul", { class: "pages" }, ...links))
}
