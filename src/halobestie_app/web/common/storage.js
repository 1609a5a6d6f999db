// What a browser remembers between visits: choices only, never a token. It works without storage, too.

/**
 * @param {string} name
 * @returns {string|null}
 */
export function remembered(name) {
  try {
    return localStorage.getItem(`hb-${name}`);
  } catch {
    return null;
  }
}

/**
 * @param {string} name
 * @param {string|null} value null forgets it
 */
export function remember(name, value) {
  try {
    if (value === null) localStorage.removeItem(`hb-${name}`);
    else localStorage.setItem(`hb-${name}`, value);
  } catch {
    // A browser that keeps nothing: the choice holds for this visit.
  }
}
