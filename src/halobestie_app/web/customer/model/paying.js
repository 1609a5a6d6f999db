// Paying: begin, pay, wait for the money, go back. The server alone knows the price and whether money came.

import { effect, signal, untracked } from "common/html.js";
import { replace, route } from "common/router.js";
import { toast } from "common/ui.js";
import { problemText, rupiah } from "common/texts.js";
import { t } from "../texts.js";
import { api, evening, leave, left, onFrame, takeUp } from "./app.js";
import { noteOpened, wasOpened } from "./opened.js";
import { forgetTopic, noteTopic } from "./topic.js";

const PAYMENTS = "/api/client/payment-sessions";
/** Refusals that mean: the truth is another than this tab thinks. */
const STALE = new Set([
  "INVALID_STATE", "PAYMENT_EXPIRED", "ALREADY_ACTIVE", "NOT_FOUND", "SESSION_NOT_ACTIVE",
]);

const begunHere = new Set();

/** The payment whose hosted page the browser did not let open by itself, or null. */
export const blocked = signal(null);
/** The payment that costs more than what was shown when it was begun, or null: it takes another tap. */
export const dearer = signal(null);

/**
 * Begin a payment and go as far as one tap can: a free or simulated one is confirmed, a hosted page opened.
 * One that has become dearer than the `price` on the screen is only begun: nobody pays what they did not see.
 *
 * @param {{minutes: number, tierId: string, price: number, mitraId?: string|null,
 *   isExtension?: boolean}} wanted
 * @returns {Promise<object|null>} the payment; null when something else was going on, which is shown instead.
 *   Throws ApiError.
 */
export async function begin({ minutes, tierId, price, mitraId = null, isExtension = false }) {
  const body = { duration_minutes: minutes, tier_id: tierId, is_extension: isExtension };
  if (mitraId) body.targeted_mitra_id = mitraId;
  let payment;
  try {
    payment = await api.post(PAYMENTS, body, { key: true });
  } catch (error) {
    if (!STALE.has(error.code)) throw error;
    await evening.refresh();
    if (error.code !== "ALREADY_ACTIVE") throw error;
    toast(problemText(error), "info");
    return null;
  }
  begunHere.add(payment.id);
  noteTopic(payment.id);
  if (payment.amount > price) dearer.value = payment.id;
  evening.takePayment(payment);
  if (dearer.peek() !== payment.id) await pay(payment);
  return payment;
}

/** Pay what is pending. Throws ApiError. */
export async function pay(payment) {
  if (payment.provider === "xendit") openPage(payment);
  else await confirm(payment);
}

async function confirm(payment) {
  try {
    evening.takePayment(await api.post(`${PAYMENTS}/${payment.id}/confirm`, undefined, { key: true }));
  } catch (error) {
    if (!STALE.has(error.code)) throw error;
    await Promise.all([evening.readPayment(payment.id), evening.refresh()]);
  }
}

/** Open the hosted page in another tab, if the browser lets us; else `blocked` says so. */
export function openPage(payment) {
  if (!payment.xendit_invoice_url) return; // it is announced by a frame; see the watcher below
  const opened = window.open(payment.xendit_invoice_url, "_blank");
  if (opened) {
    opened.opener = null;
    openedByHand(payment);
  } else {
    blocked.value = payment.id;
  }
}

/** The page was opened, by us or by a link. */
export function openedByHand(payment) {
  noteOpened(payment.id);
  if (blocked.peek() === payment.id) blocked.value = null;
}

/**
 * Whether going back may cancel: not once a hosted page was opened, here or perhaps in another tab.
 *
 * @param {object} payment
 */
export function mayCancel(payment) {
  if (payment.status !== "pending" || wasOpened(payment.id)) return false;
  return !payment.xendit_invoice_url || begunHere.has(payment.id);
}

/** Go back from a pending payment: cancel it, or leave it waiting. Never throws. */
export async function goBack(payment) {
  if (!mayCancel(payment)) {
    leave(payment.id);
    return;
  }
  leave(payment.id);
  try {
    evening.takePayment(await api.post(`${PAYMENTS}/${payment.id}/cancel`, undefined, { key: true }));
    forgetTopic(payment.id);
    if (payment.amount > 0) toast(t("cancelled"), "info");
  } catch {
    evening.readPayment(payment.id); // it was paid meanwhile, or runs out by itself
  }
}

/** Go on with a payment that was left. */
export function resume(payment) {
  takeUp(payment.id);
  replace("/pay");
}

/** Ask what became of a pending payment's money: the server asks the gateway. */
export const check = (payment) => evening.readPayment(payment.id);

onFrame((frame) => {
  if (frame.type === "payment_late") {
    toast(t("late_toast", { amount: rupiah(frame.payment.amount) }), "warning");
  }
  // A page that was not ready when the payment was begun: the browser may hold it back, the tap is long ago.
  const payment = frame.type === "payment_updated" ? frame.payment : null;
  const fresh = payment?.status === "pending" && begunHere.has(payment.id) && !wasOpened(payment.id);
  const willing = dearer.peek() !== payment?.id && !left.peek().has(payment?.id);
  if (fresh && willing && payment.xendit_invoice_url) openPage(payment);
});

/** The address of paying is #/pay; leaving that address by any way is going back, and a reload is not. */
export function watchLeaving() {
  let was = null;
  effect(() => {
    const payment = evening.payment.value;
    const at = route.value.parts[0] === "pay";
    const pending = payment?.status === "pending" && !left.value.has(payment.id) ? payment : null;
    untracked(() => {
      if (pending && !at && was === pending.id) goBack(pending);
      else if (pending && !at) replace("/pay");
      was = pending ? pending.id : null;
    });
  });
}
