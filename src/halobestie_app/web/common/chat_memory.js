// What a tab remembers of chats over a reload: words that nobody else has yet. Nothing that the server knows.

/** @returns what was remembered under the key, else `otherwise` */
export function recall(key, otherwise) {
  try {
    return JSON.parse(sessionStorage.getItem(key)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

/** Remembers a value; null forgets it. */
export function remember(key, value) {
  try {
    if (value === null) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, JSON.stringify(value));
  } catch {
    // A tab without storage forgets on reload, that is all.
  }
}

/** How many messages of a chat this tab could not send. */
export function unsentIn(sessionId) {
  return recall(`hb.unsent.${sessionId}`, []).length;
}

/** Closing words that were begun; "" where there are none. */
export const goodbyeIn = (sessionId) => recall(`hb.goodbye.${sessionId}`, "");

/** Keeps closing words until they are sent, or not wanted any more (""). */
export const keepGoodbye = (sessionId, words) => remember(`hb.goodbye.${sessionId}`, words || null);

/** Forgets the unsent words of every chat of this tab: for logging out. */
export function forgetUnsent() {
  try {
    const ours = Object.keys(sessionStorage).filter((key) => /^hb\.(unsent|draft|goodbye)\./.test(key));
    for (const key of ours) sessionStorage.removeItem(key);
  } catch {
    // Nothing was remembered.
  }
}
