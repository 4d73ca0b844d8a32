// Reports that refresh by themselves.

const REFRESHED_EVERY = 60_000

/** @param {{ reload: () => unknown } & HTMLElement} shown @param {AbortSignal} signal */
export function refreshWhileShown(shown, signal) {
  const timer = setInterval(() => {
    // What somebody is about to press stays where it is.
    if (!document.hidden && !shown.contains(document.activeElement)) void shown.reload()
  }, REFRESHED_EVERY)
  signal.addEventListener("abort", () => clearInterval(timer))
}
