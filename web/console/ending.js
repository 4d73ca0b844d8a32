// Ends the session of this tab on the server, if it can be reached. The token is removed from the tab in any case, and
// expires by itself.
import { api } from "./api.js"

export async function endOnServer() {
  try {
    const { data } = await api.get("/account/sessions")
    const current = data.sessions.find((one) => one.current)
    if (current) await api.delete("/account/sessions/{id}", { path: { id: current.id } })
  } catch {
    // The user has left all the same.
  }
}
