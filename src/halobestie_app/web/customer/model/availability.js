// Whether somebody is there: asked every five seconds while it is looked at. Off when nobody can say.

import { signal, useEffect } from "common/html.js";
import { poll } from "common/polling.js";
import { api } from "./app.js";

const EVERY = 5000;

/** true, false; "unknown" when the last question failed; null before the first answer. */
export const available = signal(null);
let heard = 0; // when that was, in ms

/**
 * Ask while the component that calls this is on the screen, and the page is visible. What was heard on the
 * screen before holds until the next question would have been due.
 *
 * @param {boolean} [wanted] false: do not ask
 */
export function useAvailability(wanted = true) {
  useEffect(() => {
    if (!wanted) return undefined;
    if (Date.now() - heard > EVERY) available.value = null;
    const asking = poll(async (ended) => {
      try {
        const answer = await api.get("/api/client/mitra-availability", { signal: ended });
        available.value = answer.available;
      } catch (error) {
        if (ended.aborted) return;
        available.value = "unknown";
        throw error;
      } finally {
        if (!ended.aborted) heard = Date.now();
      }
    }, { every: EVERY });
    return asking.stop;
  }, [wanted]);
}

const SAYS = new Map([
  [true, ["home_available", null]],
  [false, ["home_nobody", "home_nobody_more"]],
  ["unknown", ["home_unknown", "home_unknown_more"]],
  [null, ["home_checking", null]],
]);

/** What is to be said about it: names of texts, the second of them or null. */
export const says = () => SAYS.get(available.value);
