// Which hosted payment pages this tab has opened: the one thing about a payment that only a browser can know.

import { signal } from "common/html.js";

const key = (id) => `hb.hosted.${id}`;
const here = signal(new Set());

/** Remember that the page of this payment was opened; it outlives a reload of the tab. */
export function noteOpened(id) {
  here.value = new Set(here.peek()).add(id);
  try {
    sessionStorage.setItem(key(id), "1");
  } catch {
    // A tab without storage forgets on reload; then the payment is left alone as if it had been opened.
  }
}

/**
 * Whether somebody may have paid there: it had a page, which any tab or device may have opened.
 *
 * @param {{provider: string, xendit_invoice_url: string|null}} payment
 */
export const hadPage = (payment) => payment.provider === "xendit" && Boolean(payment.xendit_invoice_url);

/** Whether it was opened here. Whoever asks in a render is rendered again when it is. */
export function wasOpened(id) {
  if (here.value.has(id)) return true;
  try {
    return sessionStorage.getItem(key(id)) !== null;
  } catch {
    return false;
  }
}
