// Sign in with a password, and a code where one is needed, or ask for a link by mail.
import { api } from "../api.js"
import { go, href } from "../router.js"
import { session } from "../session.js"
import { texts } from "../texts.js"
import { el } from "../ui/dom.js"
import { field, form, reveal } from "../ui/form.js"
import { page } from "../ui/page.js"

const t = texts("access")
const LINK = /.*\/confirm\/signin\/([\w\-]+)\/(\w+)\s*/
const REASONS = /** @type {const} */ ([
  ["idle", "signIn.idle"],
  ["everywhere", "signIn.everywhere"],
  ["frozen", "signIn.frozen"],
  ["removed", "signIn.removed"],
  ["link", "signIn.link"],
  ["signedOut", "signIn.signedOut"],
])
export const NAME_FIELD = { autocomplete: "username", autocapitalize: "none", spellcheck: "false", maxlength: 254, required: true }

/** @param {import("../../types/views").Context} context */
export function render({ query }) {
  const next = query.get("next") ?? "/"
  const because = reason(query.get("because"))
  const done = () => go(next.startsWith("/") ? next : "/", { replace: true })
  const link = el("p", {}, t("signIn.new"), " ", el("a", { href: href("/sign-up") }, t("signIn.signUp")))
  return page(
    t("signIn.title"),
    because && el("p", { class: "note" }, because),
    signInForm({ done }),
    el("p", { class: "quiet" }, t("link.text")),
    link,
  )
}

/** Why the session ended. @param {string | null} because */
function reason(because) {
  const [, text] = REASONS.find(([name]) => name === because) ?? []
  return text ? t(text) : null
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

/** @param {{ done: () => void, username?: string }} options `done` is called when the session has started */
export function signInForm({ done, username = "" }) {
  const code = codeField()
  // A link opens a tab of its own. In this tab, and with what is typed in it, it works if it is pasted.
  const pasted = { autocomplete: "off", spellcheck: "false", maxlength: 500, pattern: LINK.source }
  const link = field({ name: "link", label: t("link.label"), hint: t("link.hint"), hidden: true }, pasted)
  const secret = { type: "password", autocomplete: "current-password", maxlength: 256, required: true }
  const password = field({ name: "password", label: t("signIn.password") }, secret)
  const element = form({
    fields: [
      field({ name: "username", label: t("signIn.username"), value: username }, { ...NAME_FIELD, "data-opening": true }),
      password,
      link,
      code,
    ],
    submit: t("signIn.submit"),
    besides: [el("button", { type: "button", class: "plain", onclick: () => mailLink(element, link) }, t("link.submit"))],
    async action(values) {
      const link = linkIn(values.text("link"))
      if (link) {
        const { id, check } = link
        session.start((await api.post("/signinlink/{id}", { path: { id }, body: { check, ...codeOf(values) } })).data)
        return done()
      }
      const body = { username: values.text("username").trim(), password: values.text("password"), ...codeOf(values) }
      const { data } = await api.post("/signin", { body })
      session.start(data)
      return done()
    },
    onError(error) {
      if (error.code === "mfaTokenRequired") reveal(code)
      if (error.code === "signInFailed") password.input.focus()
    },
  })
  return element
}

/** @param {string} text */
function linkIn(text) {
  const [, id, check] = LINK.exec(text) ?? []
  return id && check ? { id, check } : null
}

/**
 * @param {import("../ui/form.js").Form} element the form whose user wants a link
 * @param {ReturnType<typeof field>} link where it can be pasted
 */
async function mailLink(element, link) {
  const name = /** @type {HTMLInputElement} */ (element.elements.namedItem("username"))
  if (!name.reportValidity()) return
  element.message.clear()
  try {
    await api.post("/signinlink", { body: { username: name.value.trim() } })
    element.message.show(t("link.sent"))
    link.hidden = false
    const password = /** @type {HTMLInputElement} */ (element.elements.namedItem("password"))
    password.required = false
  } catch (error) {
    element.message.showError(error)
  }
}
