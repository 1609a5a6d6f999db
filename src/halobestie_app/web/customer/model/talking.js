// In a chat: more time, and the end. The server's clock and states rule; this asks, and says what became.

import { keepGoodbye } from "common/chat.js";
import { effect, signal, untracked } from "common/html.js";
import { replace } from "common/router.js";
import { toast } from "common/ui.js";
import { t } from "../texts.js";
import { acknowledge, api, evening, leave, left, onFrame } from "./app.js";
import { isLive } from "./evening.js";

/** Whether the sheet for more time is open. */
export const extending = signal(false);
/** Why a paid extension could not be asked for, or null. */
export const extendProblem = signal(null);

let asking = null;
const asked = new Set();

/** Ask the bestie to go on, with a payment that is confirmed. Never throws: see `extendProblem`. */
export async function askForMore(session, payment) {
  if (asking === payment.id) return;
  asking = payment.id;
  extendProblem.value = null;
  try {
    const body = { extension_payment_session_id: payment.id };
    const path = `/api/client/chat/sessions/${session.id}/extensions`;
    const extension = await api.post(path, body, { key: true });
    asked.add(payment.id);
    evening.takeExtension(extension);
    extending.value = false;
    evening.readSession(session.id);
  } catch (error) {
    await Promise.all([evening.refresh(), evening.readPayment(payment.id)]);
    const stands = evening.more.peek()?.id === payment.id && evening.more.peek().status === "confirmed";
    if (stands && isLive(evening.session.peek())) {
      extendProblem.value = error;
      extending.value = false; // the notice above the composer says so, with a way to try again
    }
  } finally {
    asking = null;
  }
}

/** Whether a paid extension belongs to this chat: it is then asked for without another tap. */
export function isForThis(session, payment) {
  return Date.parse(payment.created_at) >= Date.parse(session.started_at);
}

/**
 * End the chat. Throws ApiError when it could not be ended.
 *
 * @param {object} session
 * @param {string} words closing words, or ""
 */
export async function end(session, words) {
  const body = words ? { closing_message: words } : {};
  try {
    const ended = await api.post(`/api/client/chat/sessions/${session.id}/end`, body, { key: true });
    leave(session.id);
    keepGoodbye(session.id, "");
    evening.takeSession(ended);
    toast(t("goodbye_done"), "good");
  } catch (error) {
    if (error.status !== 409) throw error;
    await evening.readSession(session.id);
    const now = evening.session.peek();
    if (isLive(now)) throw error;
    if (words && now?.end_reason !== "customer_ended") return; // what is shown then still has the words
    leave(session.id);
    if (words) toast(t("goodbye_unkept"), "warning");
    keepGoodbye(session.id, "");
  }
  replace("/");
}

onFrame((frame) => {
  if (frame.type !== "extension_response") return;
  acknowledge("extension_response", frame.extension_id);
  if (frame.extension) evening.readPayment(frame.extension.payment_session_id);
  if (!frame.accepted) return;
  const said = frame.via_timeout ? "extended_silently" : "extended";
  toast(t(said, { count: frame.duration_minutes }), "good");
});

/** What the failed payment for more time came to, in words; null while there is nothing to say. */
export function refusal(payment, extension) {
  if (payment?.status !== "failed_pairing" || left.value.has(payment.id)) return null;
  if (payment.cause_tag === "extension_safeguard_tripped") return "refused_safeguard";
  if (payment.cause_tag !== "extension_rejected") return null;
  const silent = extension?.payment_session_id === payment.id && extension.status === "timeout";
  return silent ? "refused_timeout" : "refused";
}

/** A confirmed extension payment of this chat is asked with, wherever its money was seen. */
export function watchMore() {
  effect(() => {
    const [session, payment] = [evening.session.value, evening.more.value];
    const free = session?.status === "active" || session?.status === "closing";
    const due = free && payment?.status === "confirmed" && !asked.has(payment.id)
      && isForThis(session, payment) && extendProblem.value === null;
    untracked(() => {
      if (due) askForMore(session, payment);
    });
  });
  effect(() => {
    // Another tab asked: how long the pause may take is in what a cold start is told.
    const paused = evening.session.value?.status === "extending";
    const unknown = paused && evening.extension.value?.status !== "pending";
    untracked(() => {
      if (unknown) evening.refresh();
    });
  });
  effect(() => {
    if (isLive(evening.session.value)) return;
    untracked(() => {
      extending.value = false;
      extendProblem.value = null;
    });
  });
}
