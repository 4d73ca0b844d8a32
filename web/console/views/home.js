// The start of the console.
import { session } from "../session.js"
import { texts } from "../texts.js"
import { page } from "../ui/page.js"

const t = texts("access")

export function render() {
  return page(t("home.title", { name: session.account?.username ?? "" }))
}
