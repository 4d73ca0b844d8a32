// Name, language, units and mails.
/** @import { Schemas } from "../../../types/client" */
/** @import { AccountRecord } from "./record.js" */
import { LANGUAGES, texts } from "../../texts.js"
import { checkbox, field, form } from "../../ui/form.js"

const t = texts("account")
const NAME = { autocomplete: "username", autocapitalize: "none", spellcheck: "false", minlength: 2, maxlength: 100, required: true }

/** @param {AccountRecord} record */
export function settingsForm(record) {
  const { username, language, imperial, newsletter, notices } = record.account
  return form({
    fields: [
      field({ name: "username", label: t("username"), value: username }, NAME),
      field({ name: "language", label: t("language"), hint: t("language.hint"), tag: "select", options: Object.entries(LANGUAGES), value: language }),
      field({ name: "units", label: t("units"), tag: "select", options: [["metric", t("units.metric")], ["imperial", t("units.imperial")]], value: imperial ? "imperial" : "metric" }),
      checkbox({ name: "newsletter", label: t("newsletter"), hint: t("newsletter.hint"), checked: newsletter }),
      checkbox({ name: "notices", label: t("notices"), hint: t("notices.hint"), checked: notices }),
    ],
    submit: t("save"),
    async action(values, { message }) {
      const wanted = values.text("username").trim()
      const account = await record.save({
        username: wanted,
        language: /** @type {Schemas["Language"]} */ (values.text("language")),
        imperial: values.text("units") === "imperial",
        newsletter: values.checked("newsletter"),
        notices: values.checked("notices"),
      })
      // A name that is taken leaves the present one, and is no error.
      if (account.username !== wanted) return message.showProblem(t("username.taken", { name: account.username }))
      return message.show(t("saved"))
    },
  })
}
