// Whether somebody is there: asked every five seconds while it is looked at. Off when nobody can say.

import { signal, useEffect } from "common/html.js";
import { poll } from "common/polling.js";
import { api } from "./app.js";

const EVERY = 5000;

/** true, false; "unknown" when the last question failed; null before the first answer. */
export const available = signal(null);

/** Ask while the component that calls this is on the screen, and the page is visible. */
export function useAvailability() {
  useEffect(() => {
    const asking = poll(async (ended) => {
      try {
        const answer = await api.get("/api/client/mitra-availability", { signal: ended });
        available.value = answer.available;
      } catch (error) {
        if (ended.aborted) return;
        available.value = "unknown";
        throw error;
      }
    }, { every: EVERY });
    return () => {
      asking.stop();
      available.value = null;
    };
  }, []);
}
