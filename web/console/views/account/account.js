// The account: name, address, language, mails, picture, consent, export, and its end.
import { texts } from "../../texts.js"
import { el } from "../../ui/dom.js"
import { page, section } from "../../ui/page.js"
import { addressSection } from "./address.js"
import { consentForm, withdrawButton } from "./consent.js"
import { freezeButton, removeButton } from "./leaving.js"
import { exportButton } from "./export.js"
import { pictureForm } from "./picture.js"
import { openRecord } from "./record.js"
import { settingsForm } from "./settings.js"

const t = texts("account")

export async function render() {
  const record = await openRecord()
  const consent = record?.account.consent ?? 0
  return page(
    t("title"),
    record
      ? [section(t("settings"), settingsForm(record)), section(t("address"), ...addressSection(record)), section(t("picture"), pictureForm(record))]
      : el("p", { class: "note" }, t("consent.lacking")),
    section(t("consent"), el("p", { class: "quiet" }, t("consent.text")), consentForm(consent), consent > 0 && withdrawButton()),
    section(t("export"), el("p", { class: "quiet" }, t("export.text")), exportButton()),
    section(
      t("leave"),
      el("p", { class: "quiet" }, t("leave.text")),
      el("p", { class: "actions" }, record && freezeButton(), removeButton()),
    ),
  )
}
