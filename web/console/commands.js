// Commands for a terminal that use a key. They need nothing but curl, Python or Node. The TypeScript has no types, so
// that any version of Node runs it.
import { server } from "./api.js"

/** @typedef {{ key: string, secret: string, level: number }} Credentials */

/** A request that keys of this level may make. @param {number} level */
const address = (level) => `${server}${level > 0 ? "/sets" : "/whoami"}`

/** @type {[language: string, command: (credentials: Credentials) => string][]} */
export const COMMANDS = [
  ["curl", ({ key, secret, level }) => `curl -u '${key}:${secret}' \\\n  '${address(level)}'`],
  [
    "Python",
    ({ key, secret, level }) => `python3 - <<'END'
import base64, json, urllib.request

credentials = base64.b64encode(b"${key}:${secret}").decode()
request = urllib.request.Request("${address(level)}", headers={"Authorization": f"Basic {credentials}"})
with urllib.request.urlopen(request) as reply:
    print(json.dumps(json.load(reply), indent=2))
END`,
  ],
  [
    "TypeScript",
    ({ key, secret, level }) => `node --input-type=module - <<'END'
const Authorization = "Basic " + btoa("${key}:${secret}")
const reply = await fetch("${address(level)}", { headers: { Authorization } })
console.log(JSON.stringify(await reply.json(), null, 2))
END`,
  ],
]
