// Every view: its address, its module, its texts. The menu shows those with `menu`, in this order.
/** @import { Route } from "../types/views" */

/** @type {readonly Route[]} */
export const routes = [
  { path: "/", area: "access", view: () => import("./views/home.js") },
  { path: "/sign-in", area: "access", view: () => import("./views/sign-in.js"), open: true },
  { path: "/sign-up", area: "access", view: () => import("./views/sign-up.js"), open: true },
]
