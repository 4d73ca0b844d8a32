// The types of `console/api.js`: each call is typed by its operation in the document.
import type { components, paths } from "./document"

export type Schemas = components["schemas"]
export type Method = "get" | "post" | "put" | "patch" | "delete"
export type PathOf<M extends Method> = {
  [P in keyof paths]: paths[P] extends Record<M, object> ? P : never
}[keyof paths]
export type Operation<M extends Method, P extends keyof paths> = NonNullable<paths[P][M]>

type PathOption<O> = O extends { parameters: { path: infer V extends object } } ? { path: V } : {}
type QueryOption<O> = O extends { parameters: { query: infer V extends object } }
  ? { query: V }
  : O extends { parameters: { query?: infer V } } ? { query?: NonNullable<V> } : {}
type Body<C> = C extends { "application/json": infer J } ? { body: J } : { file: Blob }
type BodyOption<O> = O extends { requestBody: { content: infer C } }
  ? Body<C>
  : O extends { requestBody?: { content: infer C } } ? Partial<Body<C>> : {}
type HeaderOption<O, H extends string, Name extends string> = O extends { parameters: { header?: infer V } }
  ? H extends keyof NonNullable<V> ? { [K in Name]?: string } : {}
  : {}

export type Options<O> = PathOption<O> &
  QueryOption<O> &
  BodyOption<O> &
  HeaderOption<O, "Idempotency-Key", "idempotencyKey"> &
  HeaderOption<O, "If-Match", "ifMatch">
/** Options may be left out if none is required. */
export type Arguments<O> = {} extends Options<O> ? [options?: Options<O>] : [options: Options<O>]

type Content<R> = R extends { content: infer C } ? C[keyof C] : undefined
type Success = 200 | 201 | 202 | 204
export type Data<O> = O extends { responses: infer R } ? Content<R[keyof R & Success]> : never

export interface Reply<D> {
  data: D
  /** For `ifMatch` of an edit. */
  etag: string | null
  /** The cursor of the next page of a list; null on the last one. */
  next: string | null
}

/** What a request is made of, once its types have been checked. */
export interface Loose {
  path?: Record<string, string | number>
  query?: Record<string, string | number | boolean | undefined>
  body?: unknown
  file?: Blob
  idempotencyKey?: string
  ifMatch?: string
}
