// After a sign-up: a name and a password, if the owner wants them, and the way to the first key.
import { api } from "../api.js"
import { href } from "../router.js"
import { session } from "../session.js"
import { texts } from "../texts.js"
import { el } from "../ui/dom.js"
import { field, form } from "../ui/form.js"
import { page, section } from "../ui/page.js"

const t = texts("confirm")

export function render() {
  return page(
    t("welcome.title"),
    el("p", { class: "lead" }, t("welcome.text")),
    el("p", { class: "actions" },
      el("a", { class: "button", href: href("/keys/new") }, t("welcome.key")),
      el("a", { class: "button plain", href: href("/sets/new") }, t("welcome.set"))),
    section(t("welcome.account"), el("p", { class: "quiet" }, t("welcome.account.text")), accountForm()),
  )
}

function accountForm() {
  const name = { autocomplete: "username", autocapitalize: "none", spellcheck: "false", minlength: 2, maxlength: 100 }
  const password = { type: "password", autocomplete: "new-password", minlength: 8, maxlength: 256 }
  return form({
    fields: [
      field({ name: "username", label: t("welcome.username") }, name),
      field({ name: "password", label: t("welcome.password"), hint: t("welcome.password.hint") }, password),
    ],
    submit: t("welcome.save"),
    async action(values, element) {
      const given = ["username", "password"].map((field) => [field, values.text(field)]).filter(([, value]) => value)
      if (!given.length) return element.message.showProblem(t("welcome.nothing"))
      const { data } = await api.patch("/account", { body: Object.fromEntries(given) })
      session.update(data.account)
      const { username } = data.account
      element.reset()
      // A name that is taken leaves the present one, and is no error.
      if (values.text("username") && username !== values.text("username")) {
        return element.message.showProblem(t("welcome.taken", { name: username }))
      }
      return element.message.show(t("welcome.saved"))
    },
  })
}
