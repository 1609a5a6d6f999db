// From money to a bestie: search, ask one again, cancel, search again with the same money.

import { effect, signal, untracked } from "common/html.js";
import { replace } from "common/router.js";
import { toast } from "common/ui.js";
import { t } from "../texts.js";
import { api, evening, leave, onFrame, takeUp } from "./app.js";
import { isLive } from "./evening.js";
import { forgetTopic, topicOf } from "./topic.js";

const REQUESTS = "/api/client/chat-requests";

/** Why a paid search could not be begun, or null. */
export const searchProblem = signal(null);

let opening = null;
let tried = null;

/** Begin the search that was paid for. Never throws: `searchProblem` says what is wrong. */
export async function search(payment) {
  if (opening === payment.id) return;
  opening = payment.id;
  if (tried !== payment.id) searchProblem.value = null; // of the same one it stands until there is an answer
  tried = payment.id;
  const target = payment.targeted_mitra_id;
  const body = { payment_session_id: payment.id, topic_sensitivity: topicOf(payment.id) };
  try {
    const request = target
      ? await api.post(`${REQUESTS}/returning`, { ...body, mitra_id: target }, { key: true })
      : await api.post(REQUESTS, body, { key: true });
    searchProblem.value = null;
    evening.takeRequest(request);
    forgetTopic(payment.id);
  } catch (error) {
    await lost(payment, error);
  } finally {
    opening = null;
  }
}

/** A search was refused: learn what is true now; where nothing explains it, say so. */
async function lost(payment, error) {
  const request = error.body?.pairing_request_id;
  const reads = [evening.readPayment(payment.id), evening.refresh()];
  if (request) reads.push(evening.readRequest(request));
  const known = error.status === 409 || error.status === 404;
  await Promise.all(reads);
  const stands = !known || evening.payment.peek()?.status === "confirmed";
  searchProblem.value = stands ? error : null;
}

/** Give up a search that was paid for. Throws ApiError. @returns {Promise<boolean>} whether it is given up */
export async function cancelSearch(paymentId) {
  try {
    const payment = await api.post(`${REQUESTS}/cancel`, { payment_session_id: paymentId }, { key: true });
    leave(payment.id);
    evening.takePayment(payment);
    const request = evening.request.peek();
    if (request) evening.readRequest(request.id);
    replace("/");
    return true;
  } catch (error) {
    if (error.status !== 409) throw error;
    await Promise.all([evening.refresh(), evening.readPayment(paymentId)]); // somebody accepted, or it failed
    return false;
  }
}

/** What is said where the same money cannot be used any more. */
const TOO_LATE = { ALREADY_ACTIONED: "failed_actioned", PAYMENT_EXPIRED: "failed_over" };

/** Search again with the same money, or say that it is too late. Throws ApiError where it is neither. */
export async function fallBack(payment) {
  try {
    const request = await api.post(`${REQUESTS}/${payment.id}/fallback-to-blast`, undefined, { key: true });
    takeUp(payment.id);
    evening.takeRequest(request);
    evening.readPayment(payment.id);
    replace("/");
  } catch (error) {
    await Promise.all([evening.readPayment(payment.id), evening.refresh()]);
    if (!TOO_LATE[error.code]) throw error;
    toast(t(TOO_LATE[error.code]), "warning");
  }
}

/**
 * Ask whether a bestie could be asked now. Throws ApiError.
 *
 * @returns {Promise<{available: boolean, target_available: boolean}>}
 */
export function isThere(mitraId) {
  return api.get("/api/client/mitra-availability", { query: { mitra_id: mitraId } });
}

onFrame((frame) => {
  // What is left of the money is a matter of the payment, which these frames do not carry.
  if (frame.pairing_request) evening.readPayment(frame.pairing_request.payment_session_id);
});

/** A confirmed payment asks for its search, wherever its money was seen; also one that was left waiting. */
export function watchPaid() {
  effect(() => {
    const payment = evening.payment.value;
    const request = evening.request.value;
    const due = evening.known.value && payment?.status === "confirmed" && !isLive(evening.session.value)
      && request?.payment_session_id !== payment.id;
    untracked(() => {
      if (due) search(payment);
    });
  });
}
