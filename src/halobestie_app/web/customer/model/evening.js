// All that this customer has in flight, as the server last said it: level, not edge. Decides nothing.
//
// Snapshots, frames and answers all end here, in any order; of every object the newest version counts. What a
// snapshot does not name any more is not forgotten but asked for, so that whoever waited learns how it ended.

import { batch, computed, signal } from "common/html.js";
import { newest, objects } from "common/objects.js";

const LIVE = new Set(["active", "extending", "closing"]);
const OPEN = new Set(["pending", "confirmed"]);

export const isLive = (session) => Boolean(session) && LIVE.has(session.status);
/** When it came to be, in ms; NaN, which is younger than nothing, where that is not told. */
const born = (one) => Date.parse(one.created_at ?? one.started_at ?? one.requested_at);
const isPending = (asked) => asked.status === "pending";
export const isOpen = (payment) => Boolean(payment) && OPEN.has(payment.status);

/**
 * @param {{api: object}} given
 * @returns the evening; its signals are `known` (whether the server was heard at all), `trouble` (why not),
 *   `session`, `request`, `payment` (not an extension's), `more` (an extension's payment) and `extension`,
 *   each the current object or null
 */
export function createEvening({ api }) {
  const kept = {
    session: objects(), request: objects(), payment: objects(), more: objects(), extension: objects(),
  };
  const at = Object.fromEntries(Object.keys(kept).map((kind) => [kind, signal(null)]));
  const current = Object.fromEntries(
    Object.keys(kept).map((kind) => [kind, computed(() => kept[kind].value.get(at[kind].value) ?? null)]),
  );
  const known = signal(false);
  const trouble = signal(null);
  let asking = null;
  let epoch = 0; // of people: answers for somebody else are not taken

  // -------------------------------------------------------------------------------------------- taking

  /**
   * Keep an object; it becomes the current one of its kind if it is alive, or nothing else is and it is the
   * younger: what was refused at birth is news, too. What an old answer says of one that is over by now makes
   * nothing alive.
   */
  function take(kind, object, isAlive) {
    if (!object) return;
    batch(() => {
      newest(kept[kind], object);
      const [newer, now] = [kept[kind].peek().get(object.id), current[kind].peek()];
      if (isAlive(newer) || !now || (!isAlive(now) && born(newer) > born(now))) at[kind].value = object.id;
    });
  }

  /** The last request that was made with a payment, as far as it was heard of; null if none was. */
  function requestOf(paymentId) {
    const its = [...kept.request.value.values()].filter((one) => one.payment_session_id === paymentId);
    return its.reduce((last, one) => (last && born(last) >= born(one) ? last : one), null);
  }

  const takeSession = (session) => take("session", session, isLive);
  const takeRequest = (request) => take("request", request, isPending);
  const takeExtension = (extension) => take("extension", extension, isPending);
  const takePayment = (payment) => take(payment?.is_extension ? "more" : "payment", payment, isOpen);

  /** Everything current at once: a socket's snapshot, or the answer of `GET /chat/active`. */
  function takeAll({ session, pairing_request: request, payment_session: payment, extension }) {
    const before = Object.fromEntries(Object.keys(current).map((kind) => [kind, current[kind].peek()]));
    batch(() => {
      takeSession(session);
      takeRequest(request);
      takePayment(payment);
      takeExtension(extension);
      known.value = true;
      trouble.value = null;
    });
    const gone = (old, now) => old.id !== now?.id;
    const { session: chat, request: search, extension: asked } = before;
    if (isLive(chat) && gone(chat, session)) readSession(chat.id);
    if (search?.status === "pending" && gone(search, request)) readRequest(search.id);
    for (const paid of [before.payment, before.more]) {
      if (isOpen(paid) && gone(paid, payment)) readPayment(paid.id);
    }
    if (asked?.status === "pending" && !extension) readPayment(asked.payment_session_id);
  }

  // -------------------------------------------------------------------------------------------- asking

  /** Ask how everything stands. Never throws: `trouble` says why it could not. */
  function refresh() {
    const mine = epoch;
    asking ??= api.get("/api/client/chat/active")
      .then((all) => { if (mine === epoch) takeAll(all); })
      .catch((error) => { if (mine === epoch) trouble.value = error; })
      .finally(() => { asking = null; });
    return asking;
  }

  async function read(path, then) {
    const mine = epoch;
    const object = await api.get(path);
    if (mine === epoch) then(object);
    return object;
  }

  const readPayment = quietly((id) => read(`/api/client/payment-sessions/${id}`, takePayment));
  const readRequest = quietly((id) => read(`/api/client/chat-requests/${id}`, takeRequest));
  const readSession = quietly((id) => read(`/api/shared/chat/${id}/info`, takeSession));

  /** Forget everybody: somebody else is here now. */
  function reset() {
    epoch += 1;
    asking = null;
    batch(() => {
      for (const kind of Object.keys(kept)) {
        kept[kind].value = new Map();
        at[kind].value = null;
      }
      known.value = false;
      trouble.value = null;
    });
  }

  return {
    ...current, known, trouble, requestOf,
    takeSession, takeRequest, takePayment, takeExtension, takeAll,
    refresh, readPayment, readRequest, readSession, reset,
  };
}

/** A read that others wait for only if they want to: resolves to undefined when it failed. */
function quietly(work) {
  return (id) => work(id).catch((error) => {
    if (error?.code === undefined) reportError(error);
  });
}
