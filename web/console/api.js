// The client of the published document. Paths, parameters, bodies and responses are typed by it: a call that the
// document does not have is an error of `make lint`.
/** @import { Arguments, Data, Loose, Method, Operation, PathOf, Reply } from "../types/client" */
import { RequestError } from "./errors.js"
import { session } from "./session.js"

/** The address of the server, which may be a path of a host: this module is at /console/api.js below it. */
export const server = new URL("..", import.meta.url).href.slice(0, -1)
// After these milliseconds without a response the user is told, and after these the request is given up.
const SLOW = 5_000
const TIMEOUT = 60_000

/** @type {() => Promise<boolean>} */
let renew = async () => false
/** @type {(waiting: boolean) => void} */
let tellWaiting = () => {}
let waiting = 0

/**
 * @param {{ renewSession: () => Promise<boolean>, showWaiting: (waiting: boolean) => void }} hooks `renewSession` is
 * called when a token is rejected, and says whether there is a new one
 */
export function connect({ renewSession, showWaiting }) {
  renew = renewSession
  tellWaiting = showWaiting
}

/** A key for `idempotencyKey`: a request that is sent again with the same key is carried out once. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")
}

/** @param {readonly unknown[]} options @returns {Loose} whose types were checked where the call is */
const loose = ([options]) => /** @type {Loose} */ (options ?? {})

/** @template {Method} M @param {M} method */
function caller(method) {
  /**
   * @template {PathOf<M>} P
   * @param {P} path
   * @param {Arguments<Operation<M, P>>} options
   * @returns {Promise<Reply<Data<Operation<M, P>>>>}
   */
  return async (path, ...options) => {
    const response = await send(method, path, loose(options))
    const data = response.status === 204 ? undefined : await arrived(response.json())
    return { data, etag: response.headers.get("ETag"), next: nextCursor(response) }
  }
}

export const api = {
  get: caller("get"),
  post: caller("post"),
  put: caller("put"),
  patch: caller("patch"),
  delete: caller("delete"),
  /**
   * The body of a response as a file: CSV, images, exports.
   * @template {PathOf<"get">} P
   * @param {P} path
   * @param {Arguments<Operation<"get", P>>} options
   * @returns {Promise<Blob>}
   */
  async file(path, ...options) {
    const response = await send("get", path, loose(options))
    return arrived(response.blob())
  },
}

/**
 * @param {Method} method
 * @param {string} path
 * @param {Loose} options
 * @returns {Promise<Response>}
 */
async function send(method, path, options) {
  const { token, account } = session
  const response = await fetched(addressOf(path, options), method, token, options)
  if (response.ok) return response
  if (response.status === 401 && token && (await isRenewed(token, account?.id))) return send(method, path, options)
  throw await errorOf(response)
}

/**
 * Whether there is a new token of the same account after this one was rejected. Another request may have renewed or
 * ended the session meanwhile: then the rejection says nothing about the present one.
 * @param {string} token
 * @param {number | undefined} account
 */
async function isRenewed(token, account) {
  return session.token === token ? renew() : session.account?.id === account
}

/** @param {string} path @param {Loose} options */
function addressOf(path, { path: parts = {}, query = {} }) {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name) => encodeURIComponent(String(parts[name])))
  const address = new URL(server + filled)
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) address.searchParams.set(name, String(value))
  }
  return address
}

/**
 * @param {URL} address
 * @param {string} method
 * @param {string | undefined} token
 * @param {Loose} options
 */
async function fetched(address, method, token, { body, file, idempotencyKey, ifMatch }) {
  const headers = new Headers()
  if (token) headers.set("Authorization", `Bearer ${token}`)
  if (body !== undefined) headers.set("Content-Type", "application/json")
  if (file) headers.set("Content-Type", "application/octet-stream")
  if (idempotencyKey) headers.set("Idempotency-Key", idempotencyKey)
  if (ifMatch) headers.set("If-Match", ifMatch)
  let isSlow = false
  const timer = setTimeout(() => {
    isSlow = true
    tellWaiting(++waiting > 0)
  }, SLOW)
  const signal = AbortSignal.timeout(TIMEOUT)
  try {
    const sent = file ?? (body === undefined ? undefined : JSON.stringify(body))
    // Without credentials of its own, a browser does not answer a 401 with its own question for a password.
    const init = { method: method.toUpperCase(), headers, body: sent, credentials: /** @type {const} */ ("omit"), signal }
    return await arrived(fetch(address, init))
  } finally {
    clearTimeout(timer)
    if (isSlow) tellWaiting(--waiting > 0)
  }
}

/**
 * What comes from the server: a response, or its body. The connection may be lost, or the time be over, before either.
 * @template T
 * @param {Promise<T>} coming
 */
async function arrived(coming) {
  try {
    return await coming
  } catch (error) {
    throw new RequestError(0, {}, { timedOut: error instanceof DOMException && error.name === "TimeoutError" })
  }
}

/** @param {Response} response */
async function errorOf(response) {
  const problem = await response.json().catch(() => ({}))
  return new RequestError(response.status, problem, { retryAfter: Number(response.headers.get("Retry-After")) || undefined })
}

/** @param {Response} response */
function nextCursor(response) {
  const [, next] = /<([^>]+)>; rel="?next"?/.exec(response.headers.get("Link") ?? "") ?? []
  return next ? new URL(next, server).searchParams.get("cursor") : null
}
