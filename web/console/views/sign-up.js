// Create an account: the rest happens behind the link in the mail.
import { api } from "../api.js"
import { href } from "../router.js"
import { currentLanguage, LANGUAGES, texts } from "../texts.js"
import { el } from "../ui/dom.js"
import { field, form } from "../ui/form.js"
import { focusTitle, page } from "../ui/page.js"

const t = texts("access")
/** @typedef {import("../texts.js").Language} Language */

export function render() {
  const view = page(
    t("signUp.title"),
    el("p", { class: "lead" }, t("signUp.text")),
    form({
      fields: [
        field({ name: "email", label: t("signUp.email") }, { type: "email", autocomplete: "email", maxlength: 254, required: true, "data-opening": true }),
        field({ name: "language", label: t("signUp.language"), tag: "select", options: Object.entries(LANGUAGES), value: currentLanguage() }),
      ],
      submit: t("signUp.submit"),
      async action(values) {
        const email = values.text("email").trim()
        const language = /** @type {Language} */ (values.text("language"))
        await api.post("/signup", { body: { email, language }, idempotencyKey: values.idempotencyKey })
        view.replaceWith(sent(email, language))
      },
    }),
    el("p", {}, t("signUp.have"), " ", el("a", { href: href("/sign-in") }, t("signUp.signIn"))),
  )
  return view
}

/** @param {string} email @param {Language} language */
function sent(email, language) {
  const again = form({
    fields: [],
    submit: t("sent.resend"),
    besides: [el("button", { type: "button", class: "plain", onclick: () => view.replaceWith(render()) }, t("sent.again"))],
    async action(values, element) {
      await api.post("/signup", { body: { email, language }, idempotencyKey: values.idempotencyKey })
      element.message.show(t("sent.resent"))
    },
  })
  const view = page(
    t("sent.title"),
    el("p", {}, t("sent.text", { email })),
    el("p", {}, t("sent.valid")),
    el("p", { class: "quiet" }, t("sent.nothing")),
    again,
  )
  queueMicrotask(() => focusTitle(view))
  return view
}
