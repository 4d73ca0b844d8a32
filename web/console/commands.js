// Commands for a terminal that use a key. They need nothing but curl, Python or Node. The TypeScript has no types, so
// that any version of Node runs it.
import { server } from "./api.js"

/** @typedef {{ key: string, secret: string }} Credentials */
/** @typedef {{ path: string, body?: string }} Sent a request; its body is JSON without apostrophes */

/** A request that keys of this level may make. @param {number} level @returns {Sent} */
export function listing(level) {
  return { path: level > 0 ? "/sets" : "/whoami" }
}

/** A request that stores a measurement set. @param {string} name @returns {Sent} */
export function storing(name) {
  return { path: "/sets", body: JSON.stringify({ name, measies: { chest: 920, waist: 760, seat: 980 } }) }
}

/** @type {[language: string, command: (credentials: Credentials, sent: Sent) => string][]} */
export const COMMANDS = [
  ["curl", ({ key, secret }, { path, body }) => {
    const sent = body ? ` -H 'Content-Type: application/json' \\\n  -d '${body}' \\\n ` : ""
    return `curl -w '\\n' -u '${key}:${secret}' \\\n ${sent} '${server}${path}'`
  }],
  ["Python", ({ key, secret }, { path, body }) => `python3 - <<'END'
import base64, json, urllib.request

credentials = base64.b64encode(b"${key}:${secret}").decode()
headers = {"Authorization": f"Basic {credentials}"${body ? ', "Content-Type": "application/json"' : ""}}
request = urllib.request.Request("${server}${path}", ${body ? `'${body}'.encode(), ` : ""}headers=headers)
with urllib.request.urlopen(request) as reply:
    print(json.dumps(json.load(reply), indent=2))
END`],
  ["TypeScript", ({ key, secret }, { path, body }) => `node --input-type=module - <<'END'
const headers = { Authorization: "Basic " + btoa("${key}:${secret}")${body ? ', "Content-Type": "application/json"' : ""} }
const reply = await fetch("${server}${path}", { ${body ? `method: "POST", body: '${body}', ` : ""}headers })
console.log(JSON.stringify(await reply.json(), null, 2))
END`],
]
