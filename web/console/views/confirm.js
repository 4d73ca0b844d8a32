// Behind the link of a mail. Nothing is sent before a button is pressed: those who scan mail open links.
/** @import { Context } from "../../types/views" */
import { api } from "../api.js"
import { RequestError } from "../errors.js"
import { go, href } from "../router.js"
import { session } from "../session.js"
import { texts } from "../texts.js"
import { el } from "../ui/dom.js"
import { choice, choices, form, reveal } from "../ui/form.js"
import { message } from "../ui/message.js"
import { focusTitle, page } from "../ui/page.js"
import { codeField, codeOf, signInForm } from "./sign-in.js"

const t = texts("confirm")

/** @typedef {{ id: string, check: string }} Link */
/** @type {Record<string, (link: Link) => HTMLElement | Promise<HTMLElement>>} */
const KINDS = { signup, signin, emailchange, newsletter, unsubscribe }
const ID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/
const CHECK = /^([\da-f]{40}|[\da-f]{64})$/
/** Where a new link is mailed. @type {Record<string, string>} */
const NEW = { signup: "/sign-up", signin: "/sign-in?because=link", emailchange: "/account" }

/** @param {Context} context */
export function render({ params: { type = "", id = "", check = "" } }) {
  const kind = KINDS[type]
  if (kind && ID.test(id) && CHECK.test(check)) return kind({ id, check })
  return page(t("unknown.title"), el("p", {}, t("unknown.text")), waysOn(type))
}

/**
 * A link that was used or has expired, and what to do then.
 * @param {string} type
 * @param {unknown} error
 */
function used(type, error) {
  const said = message()
  said.showError(error)
  return page(t("used.title"), said.element, waysOn(type))
}

/** @param {unknown} error */
const isUsed = (error) => error instanceof RequestError && error.code === "notFound"

/** @param {string} type */
function waysOn(type) {
  const on = session.token ? el("a", { class: "button", href: href("/") }, t("used.continue")) : el("a", { class: "button", href: href("/sign-in") }, t("used.signIn"))
  const isNeeded = !session.token || type === "emailchange"
  const anew = isNeeded && NEW[type]
  return el("p", { class: "actions" }, on, anew && el("a", { class: "button plain", href: href(anew) }, t("used.new")))
}

/** @param {Link} link */
async function signup({ id, check }) {
  try {
    // This does not use the link. If it fails otherwise, so does the form, which can be sent again.
    await api.get("/confirmations/{id}/{check}", { path: { id, check } })
  } catch (error) {
    if (isUsed(error)) return used("signup", error)
  }
  const consent = /** @type {const} */ ([1, 2, 3]).map((level) =>
    choice({ name: "consent", value: String(level), label: t.named("consent", String(level)), hint: t.named("consentHint", String(level)), checked: level === 2 }))
  const view = page(t("signup.title"), form({
    fields: [choices(t("signup.legend"), ...consent)],
    submit: t("signup.submit"),
    async action(values) {
      const body = { consent: values.number("consent"), check }
      session.start((await api.post("/confirm/signup/{id}", { path: { id }, body })).data)
      go("/welcome", { replace: true })
    },
    onError: (error) => isUsed(error) && replace(view, used("signup", error)),
  }))
  return view
}

/** @param {Link} link */
function signin({ id, check }) {
  const code = codeField()
  const view = page(t("signin.title"), form({
    fields: [el("p", {}, t("signin.text")), code],
    submit: t("signin.submit"),
    async action(values) {
      const body = { check, ...codeOf(values) }
      session.start((await api.post("/signinlink/{id}", { path: { id }, body })).data)
      go("/", { replace: true })
    },
    onError(error) {
      if (error.code === "mfaTokenRequired") reveal(code)
      if (isUsed(error)) replace(view, used("signin", error))
    },
  }))
  return view
}

/** @param {Link} link @returns {HTMLElement} */
function emailchange({ id, check }) {
  if (!session.token) {
    const view = page(t("emailchange.title"), el("p", {}, t("emailchange.signIn")), signInForm({
      done: () => replace(view, emailchange({ id, check })),
    }))
    return view
  }
  const view = page(t("emailchange.title"), form({
    fields: [el("p", {}, t("emailchange.text", { name: session.account?.username ?? "" }))],
    submit: t("emailchange.submit"),
    async action() {
      const body = /** @type {const} */ ({ confirm: "emailchange", confirmation: id, check })
      const { data } = await api.patch("/account", { body })
      replace(view, done(t("emailchange.done"), t("emailchange.done.text", { email: data.account.email })))
    },
    onError: (error) => isUsed(error) && replace(view, used("emailchange", error)),
  }))
  return view
}

/** @param {Link} link */
function newsletter({ id, check }) {
  const view = page(t("newsletter.title"), form({
    fields: [el("p", {}, t("newsletter.text"))],
    submit: t("newsletter.submit"),
    async action() {
      const { data } = await api.put("/subscriber", { body: { id, ehash: check } })
      replace(view, done(t("newsletter.done"), t("newsletter.done.text", { email: data.data.email })))
    },
  }))
  return view
}

/** @param {Link} link */
function unsubscribe({ check }) {
  const view = page(t("unsubscribe.title"), form({
    fields: [el("p", {}, t("unsubscribe.text"))],
    submit: t("unsubscribe.submit"),
    async action() {
      await api.delete("/subscriber/{ehash}", { path: { ehash: check } })
      replace(view, done(t("unsubscribe.done"), t("unsubscribe.done.text")))
    },
  }))
  return view
}

/** @param {string} title @param {string} text */
function done(title, text) {
  return page(title, el("p", {}, text), el("p", {}, el("a", { href: href("/") }, t("continue"))))
}

/** @param {HTMLElement} view @param {HTMLElement} next */
function replace(view, next) {
  view.replaceWith(next)
  focusTitle(next)
}
