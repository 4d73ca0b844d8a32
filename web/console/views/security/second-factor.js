// The second factor: turned on with a QR code and a one-time code, turned off with the password and a code.
/** @import { Schemas } from "../../../types/client" */
import { api } from "../../api.js"
import { session } from "../../session.js"
import { texts } from "../../texts.js"
import { copyable } from "../../ui/copy.js"
import { openDialog } from "../../ui/dialog.js"
import { el } from "../../ui/dom.js"
import { save } from "../../ui/download.js"
import { field, form, usernameOf } from "../../ui/form.js"
import { loaded } from "../../ui/states.js"
import { qrCode } from "./qr-code.js"

const t = texts("security")
const CODE = { autocomplete: "one-time-code", autocapitalize: "none", spellcheck: "false", maxlength: 32, required: true }

/** @param {() => void} onChange called when it was turned on or off */
export function secondFactor(onChange) {
  const changed = () => {
    void region.reload()
    onChange()
  }
  /** @type {ReturnType<typeof loaded>} */
  const region = loaded(
    async () => (await api.get("/account")).data.account.mfaEnabled,
    (isOn) => (isOn ? isTurnedOn(changed) : isTurnedOff((codes) => {
      replace(region, ...recoveryCodes(codes, changed))
      onChange()
    })),
  )
  return region
}

/** @param {(codes: string[]) => void} onCodes */
function isTurnedOff(onCodes) {
  const start = form({
    fields: [el("p", {}, t("mfa.off"))],
    submit: t("mfa.turnOn"),
    async action() {
      const { data } = await api.post("/account/mfa", { body: { mfa: true } })
      if (data.mfa) replace(start, ...setUp(data.mfa, onCodes))
    },
  })
  return el("div", {}, start)
}

/** @param {Schemas["MfaSecret"]} offered @param {(codes: string[]) => void} onCodes */
function setUp({ secret, qrcode }, onCodes) {
  return [
    el("h3", { tabindex: -1 }, t("setUp.title")),
    el("p", {}, t("setUp.scan")),
    qrCode(qrcode, t("setUp.qrcode")),
    copyable(t("setUp.secret"), secret),
    form({
      fields: [field({ name: "token", label: t("setUp.code"), hint: t("setUp.code.hint") }, { ...CODE, inputmode: "numeric" })],
      submit: t("setUp.submit"),
      async action(values) {
        const { data } = await api.post("/account/mfa", { body: { mfa: true, secret, token: values.text("token").trim() } })
        onCodes(data.scratchCodes ?? [])
      },
    }),
  ]
}

/** @param {string[]} codes @param {() => void} done */
function recoveryCodes(codes, done) {
  const text = codes.join("\n")
  return [
    el("h3", { tabindex: -1 }, t("codes.title")),
    el("p", { class: "note" }, t("codes.text")),
    copyable(t("codes"), text, { rows: codes.length }),
    el(
      "p",
      { class: "actions" },
      el("button", { type: "button", onclick: done }, t("codes.done")),
      el("button", { type: "button", class: "plain", onclick: () => save(new Blob([`${text}\n`]), t("codes.file")) }, t("codes.save")),
    ),
  ]
}

/** @param {() => void} changed */
function isTurnedOn(changed) {
  const ask = async () => (await askToTurnOff()) && changed()
  return el("div", {}, el("p", {}, t("mfa.on")), el("button", { type: "button", class: "plain danger", onclick: ask }, t("mfa.turnOff")))
}

function askToTurnOff() {
  const password = { type: "password", autocomplete: "current-password", maxlength: 256, required: true }
  return openDialog(t("turnOff.title"), (close) => [
    el("p", {}, t("turnOff.text")),
    form({
      fields: [
        usernameOf(session.account?.username),
        field({ name: "password", label: t("turnOff.password") }, password),
        field({ name: "token", label: t("turnOff.code") }, CODE),
      ],
      submit: t("mfa.turnOff"),
      danger: true,
      async action(values) {
        const body = { mfa: false, password: values.text("password"), token: values.text("token").trim() }
        await api.post("/account/mfa", { body: /** @type {Schemas["MfaDisable"]} */ (body) })
        close(true)
      },
    }),
  ])
}

/** Show these in place of what is there, and move the focus to their title. @param {HTMLElement} place @param {...Node} content */
function replace(place, ...content) {
  place.replaceChildren(el("div", { class: "set-up" }, ...content))
  place.querySelector("h3")?.focus()
}
