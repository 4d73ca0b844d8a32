// Every view: its address, its module, its texts. The menu shows those with `menu`, in this order.
/** @import { Route } from "../types/views" */

/** @type {Route["area"]} */
const SETS = ["sets", "records", "measurements"]

/** The texts of `eventsTable`. @type {readonly ["events", "users", "usage"]} */
const EVENTS = ["events", "users", "usage"]

/** Shown to administrators only; the API enforces it. @type {Pick<Route, "area" | "roles">} */
const MONITORING = { area: "monitoring", roles: ["admin"] }

/** @type {readonly Route[]} */
export const routes = [
  { path: "/", area: "keys", view: () => import("./views/keys.js") },
  { path: "/sign-in", area: "access", view: () => import("./views/sign-in.js"), open: true },
  { path: "/sign-up", area: "access", view: () => import("./views/sign-up.js"), open: true },
  { path: "/confirm/:type/:id/:check", area: ["confirm", "access"], view: () => import("./views/confirm.js"), open: true },
  { path: "/welcome", area: "confirm", view: () => import("./views/welcome.js") },
  { path: "/keys", area: "keys", view: () => import("./views/keys.js"), menu: "menu.keys" },
  { path: "/keys/new", area: "keys", view: () => import("./views/key-new.js") },
  { path: "/usage", area: "usage", view: () => import("./views/usage.js"), menu: "menu.usage" },
  { path: "/keys/:key", area: ["keys", ...EVENTS], view: () => import("./views/key.js") },
  { path: "/sets", area: ["sets", "records"], view: () => import("./views/sets/list.js"), menu: "menu.sets" },
  { path: "/sets/new", area: SETS, view: () => import("./views/sets/new.js") },
  { path: "/sets/import", area: SETS, view: () => import("./views/sets/import.js") },
  { path: "/sets/:id", area: SETS, view: () => import("./views/sets/set.js") },
  { path: "/sets/:id/edit", area: SETS, view: () => import("./views/sets/edit.js") },
  { path: "/patterns", area: ["patterns", "records"], view: () => import("./views/patterns.js"), menu: "menu.patterns" },
  { path: "/patterns/:id", area: ["patterns", "records"], view: () => import("./views/pattern.js") },
  { path: "/bookmarks", area: ["bookmarks", "records"], view: () => import("./views/bookmarks.js"), menu: "menu.bookmarks" },
  { path: "/bookmarks/:id", area: ["bookmarks", "records"], view: () => import("./views/bookmark.js") },
  { path: "/security", area: ["security", ...EVENTS], view: () => import("./views/security/security.js"), menu: "menu.security" },
  { path: "/account", area: ["account", "confirm"], view: () => import("./views/account/account.js"), menu: "menu.account" },
  { path: "/users", area: "users", view: () => import("./views/users/list.js"), menu: "menu.users", roles: ["support", "admin"] },
  { path: "/users/:id", area: "users", view: () => import("./views/users/user.js") },
  { path: "/suggestions", area: ["suggestions", "measurements", "records"], view: () => import("./views/suggestions.js"), menu: "menu.suggestions", roles: ["curator", "bughunter", "support", "admin"] },
  { path: "/monitoring", ...MONITORING, view: () => import("./views/monitoring/heaviest.js"), menu: "menu.monitoring" },
  { path: "/monitoring/recent", ...MONITORING, view: () => import("./views/monitoring/recent.js") },
  { path: "/monitoring/requests", ...MONITORING, view: () => import("./views/monitoring/requests.js") },
  { path: "/monitoring/audit", ...MONITORING, view: () => import("./views/monitoring/audit.js") },
  { path: "/monitoring/accounts/:id", ...MONITORING, view: () => import("./views/monitoring/account.js") },
]
