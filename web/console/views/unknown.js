// For addresses that no view has.
import { href } from "../router.js"
import { texts } from "../texts.js"
import { el } from "../ui/dom.js"
import { page } from "../ui/page.js"

const t = texts("shell")

export function render() {
  return page(t("unknown.title"), el("p", {}, t("unknown.text")), el("p", {}, el("a", { href: href("/") }, t("unknown.continue"))))
}
