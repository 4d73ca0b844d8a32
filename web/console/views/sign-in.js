// Sign in with a password, and a code where one is needed, or ask for a link by mail.
import { api } from "../api.js"
import { go, href } from "../router.js"
import { session } from "../session.js"
import { texts } from "../texts.js"
import { el } from "../ui/dom.js"
import { field, form, reveal } from "../ui/form.js"
import { page } from "../ui/page.js"

const t = texts("access")
export const NAME_FIELD = { autocomplete: "username", autocapitalize: "none", spellcheck: "false", maxlength: 254, required: true }

/** @param {import("../../types/views").Context} context */
export function render({ query }) {
  const next = query.get("next") ?? "/"
  const done = () => go(next.startsWith("/") ? next : "/", { replace: true })
  const link = el("p", {}, t("signIn.new"), " ", el("a", { href: href("/sign-up") }, t("signIn.signUp")))
  return page(
    t("signIn.title"),
    query.get("because") === "idle" && el("p", { class: "note" }, t("signIn.idle")),
    signInForm({ done, mailsLinks: true }),
    el("p", { class: "quiet" }, t("link.text")),
    link,
  )
}

/** The field for a one-time or recovery code, hidden until the server asks for one. */
export function codeField() {
  const parts = { name: "code", label: t("code.label"), hint: t("code.hint"), hidden: true }
  return field(parts, { autocomplete: "one-time-code", autocapitalize: "none", spellcheck: "false", maxlength: 32 })
}

/** `{ token }` where a code was typed in. @param {import("../ui/form.js").Values} values */
export function codeOf(values) {
  const code = values.text("code").trim()
  return code ? { token: code } : {}
}

/**
 * @param {{ done: () => void, username?: string, mailsLinks?: boolean }} options `done` is called when the session has
 * started; `mailsLinks`: whether a link by mail is offered instead
 */
export function signInForm({ done, username = "", mailsLinks = false }) {
  const code = codeField()
  const password = { type: "password", autocomplete: "current-password", maxlength: 256, required: true }
  const element = form({
    fields: [
      field({ name: "username", label: t("signIn.username"), value: username }, NAME_FIELD),
      field({ name: "password", label: t("signIn.password") }, password),
      code,
    ],
    submit: t("signIn.submit"),
    besides: [mailsLinks && el("button", { type: "button", class: "plain", onclick: () => mailLink(element) }, t("link.submit"))],
    async action(values) {
      const body = { username: values.text("username").trim(), password: values.text("password"), ...codeOf(values) }
      const { data } = await api.post("/signin", { body })
      session.start(data)
      done()
    },
    onError: (error) => error.code === "mfaTokenRequired" && reveal(code),
  })
  return element
}

/** @param {import("../ui/form.js").Form} element the form whose user wants a link */
async function mailLink(element) {
  const name = /** @type {HTMLInputElement} */ (element.elements.namedItem("username"))
  if (!name.reportValidity()) return
  element.message.clear()
  try {
    await api.post("/signinlink", { body: { username: name.value.trim() } })
    element.message.show(t("link.sent"))
  } catch (error) {
    element.message.showError(error)
  }
}
