// Every view: its address, its module, its texts. The menu shows those with `menu`, in this order.
/** @import { Route } from "../types/views" */

/** @type {readonly Route[]} */
export const routes = [
  { path: "/", area: "keys", view: () => import("./views/keys.js") },
  { path: "/sign-in", area: "access", view: () => import("./views/sign-in.js"), open: true },
  { path: "/sign-up", area: "access", view: () => import("./views/sign-up.js"), open: true },
  { path: "/confirm/:type/:id/:check", area: ["confirm", "access"], view: () => import("./views/confirm.js"), open: true },
  { path: "/welcome", area: "confirm", view: () => import("./views/welcome.js") },
  { path: "/keys", area: "keys", view: () => import("./views/keys.js"), menu: "menu.keys" },
  { path: "/keys/new", area: "keys", view: () => import("./views/key-new.js") },
  { path: "/keys/:key", area: ["keys", "events"], view: () => import("./views/key.js") },
]
