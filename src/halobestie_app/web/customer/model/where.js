// Which screen the truth asks for: one pure function, so that a reload, a second tab and ALREADY_ACTIVE all
// find their way. Knows no server and no screen; what a person puts aside (`left`) is asked for no more.

import { isLive } from "./evening.js";

/** Causes for which a paid search came to nothing, by nobody's wish. */
const FAILURES = new Set([
  "no_mitra_available", "all_mitras_rejected",
  "targeted_mitra_offline", "targeted_mitra_rejected", "targeted_mitra_timeout",
  "payment_session_expired", "operator_ended",
]);
/** Where one may look around while a chat goes on. */
const ASIDE = new Set(["history", "settings", "payments", "phone", "past"]);
const PLACES = new Set(["pay", ...ASIDE]);

/**
 * Whether the money of a failed payment may still be used for another search. The server tells until when,
 * and nothing of money that was given up, used or dealt with.
 *
 * @param {object|null} payment
 * @param {number} now ms on the server's clock
 */
export function isReusable(payment, now) {
  return Boolean(payment)
    && payment.status === "failed_pairing"
    && (payment.refund === null || payment.refund === "due")
    && payment.fallback_until !== null
    && now < Date.parse(payment.fallback_until);
}

/**
 * @param {{user: object|null|undefined, known: boolean, session: object|null, request: object|null,
 *   payment: object|null}} truth as the server said it
 * @param {{parts: string[], left: Set<string>, greeting: string|null}} here `parts` of the route; `left`: ids
 *   of what was put aside; `greeting`: the session that was found a moment ago
 * @returns {string} start, phone, loading, found, chat, over, searching, asking, payment, failed, expired,
 *   home, or a place of the route: pay, history, settings, payments, past
 */
export function where({ user, known, session, request, payment }, { parts, left, greeting }) {
  if (user === undefined) return "loading";
  if (user === null) return parts[0] === "phone" ? "phone" : "start";
  if (!known) return "loading";
  const place = PLACES.has(parts[0]) ? parts[0] : "home";
  if (isLive(session)) {
    if (greeting === session.id) return "found";
    return ASIDE.has(place) ? place : "chat";
  }
  if (isOver(session) && !left.has(session.id)) return "over";
  if (request?.status === "pending") return request.kind === "returning" ? "asking" : "searching";
  if (payment?.status === "confirmed") return payment.targeted_mitra_id ? "asking" : "searching";
  if (!payment || left.has(payment.id)) return place;
  if (payment.status === "pending") return "payment";
  if (payment.status === "expired") return "expired";
  if (payment.status === "failed_pairing" && FAILURES.has(payment.cause_tag)) return "failed";
  return place;
}

/** Whether a chat has ended by another hand than this person's, who need not be told otherwise. */
function isOver(session) {
  return session?.status === "ended" && session.end_reason !== "customer_ended";
}
