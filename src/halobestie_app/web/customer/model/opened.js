// Which hosted payment pages this tab has opened: the one thing about a payment that only a browser can know.

const key = (id) => `hb.hosted.${id}`;
const here = new Set();

/** Remember that the page of this payment was opened; it outlives a reload of the tab. */
export function noteOpened(id) {
  here.add(id);
  try {
    sessionStorage.setItem(key(id), "1");
  } catch {
    // A tab without storage forgets on reload; then the payment is left alone as if it had been opened.
  }
}

export function wasOpened(id) {
  if (here.has(id)) return true;
  try {
    return sessionStorage.getItem(key(id)) !== null;
  } catch {
    return false;
  }
}
