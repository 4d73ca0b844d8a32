// The QR code of the API, shown as a picture: what is in a picture is never part of the page.
import { el } from "../../ui/dom.js"

/** @param {string} drawing SVG, made for the inside of a page @param {string} text its alternative */
export function qrCode(drawing, text) {
  const file = drawing.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ')
  const address = URL.createObjectURL(new Blob([file], { type: "image/svg+xml" }))
  const forget = () => URL.revokeObjectURL(address)
  return el("img", { class: "qr-code", src: address, alt: text, width: 196, height: 196, onload: forget, onerror: forget })
}
