// The export of the account: one file with all of its data.
import { api } from "../../api.js"
import { session } from "../../session.js"
import { texts } from "../../texts.js"
import { downloadButton } from "../../ui/download.js"

const t = texts("account")

export function exportButton() {
  return downloadButton(t("export.submit"), `freesewing-${session.account?.id}.json`, async () => {
    const { data } = await api.get("/account/export")
    return api.file("/exports/{token}", { path: { token: data.export.token } })
  })
}
