// What views are, and what they get.
import type { Schemas } from "./client"
import type { Areas } from "./texts"

export interface Place {
  /** Such as `/keys/5b0a6a0e-…`. */
  path: string
  query: URLSearchParams
}

export interface Context {
  /** The parts of the path that the route names with a colon. */
  params: Record<string, string>
  query: URLSearchParams
  /** Aborted when the user leaves the view. */
  signal: AbortSignal
}

export interface View {
  /** Return the content of the page; `page()` of ui/page.js makes it. */
  render(context: Context): Node | Promise<Node>
}

export interface Route {
  path: string
  /** The text tables that are loaded with the view. */
  area: keyof Areas | (keyof Areas)[]
  view: () => Promise<View>
  /** Shown without a session. */
  open?: boolean
  /** The text of its entry in the menu (`shell`); a route without one has no entry. */
  menu?: keyof Areas["shell"]
  /** Shown to these roles only; the API enforces it. */
  roles?: readonly Schemas["Role"][]
}

export interface Account {
  id: number
  username: string
  role: Schemas["Role"]
  language: Schemas["Language"]
  consent: number
}
