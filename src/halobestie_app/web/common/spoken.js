// Words for whoever listens: said once, then gone, so that nobody finds old ones as they read the page.

import { useEffect, useRef, useState } from "common/html.js";

const LASTING = 3000; // ms

/**
 * @param {string|null} words what is to be said now; null says nothing, and cuts nobody short
 * @returns {string} what belongs into the live region
 */
export function useSpoken(words) {
  const [said, say] = useState("");
  const fading = useRef(null);
  useEffect(() => {
    if (words === null) return;
    say(words);
    clearTimeout(fading.current);
    fading.current = setTimeout(say, LASTING, "");
  }, [words]);
  useEffect(() => () => clearTimeout(fading.current), []);
  return said;
}
