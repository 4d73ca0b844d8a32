// The keys of each text table, as its English file has them.
export interface Areas {
  shell: typeof import("../console/texts/en/shell.json")
  problems: typeof import("../console/texts/en/problems.json")
  access: typeof import("../console/texts/en/access.json")
  bookmarks: typeof import("../console/texts/en/bookmarks.json")
  measurements: typeof import("../console/texts/en/measurements.json")
  patterns: typeof import("../console/texts/en/patterns.json")
  records: typeof import("../console/texts/en/records.json")
  sets: typeof import("../console/texts/en/sets.json")
  confirm: typeof import("../console/texts/en/confirm.json")
  events: typeof import("../console/texts/en/events.json")
  monitoring: typeof import("../console/texts/en/monitoring.json")
  usage: typeof import("../console/texts/en/usage.json")
  keys: typeof import("../console/texts/en/keys.json")
  account: typeof import("../console/texts/en/account.json")
  suggestions: typeof import("../console/texts/en/suggestions.json")
  users: typeof import("../console/texts/en/users.json")
  security: typeof import("../console/texts/en/security.json")
}

type Keys<A extends keyof Areas> = keyof Areas[A] & string
/** `calls` of `calls.one` and `calls.other`. */
type Plurals<A extends keyof Areas> = Keys<A> extends infer K ? (K extends `${infer B}.other` ? B : never) : never

export interface Texts<A extends keyof Areas> {
  (key: Keys<A>, values?: Record<string, string | number>): string
  /** The form of a text that fits a number, which is its value `count`. */
  count(key: Plurals<A>, count: number, values?: Record<string, string | number>): string
  /** The text of a name that the API returned; the name itself where it has no text. */
  named(prefix: string, name: string): string
}
