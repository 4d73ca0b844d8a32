// The audit log, newest first.
import { api } from "../../api.js"
import { texts } from "../../texts.js"
import { paged } from "../../ui/list.js"
import { page } from "../../ui/page.js"
import { actsTable } from "./acts.js"
import { monitoringPages } from "./pages.js"

const t = texts("monitoring")
const PAGE = 50

export function render() {
  /** @param {string | undefined} cursor */
  const load = async (cursor) => {
    const { data, next } = await api.get("/admin/acts", { query: { limit: PAGE, cursor } })
    return { rows: data.acts, next }
  }
  return page(t("page.audit"), monitoringPages("/monitoring/audit"), paged(load, actsTable))
}
