// What is before this mitra: standing, offers, chats, requests for more time. Level, not edge: a snapshot
// replaces everything, a frame only what is older. Knows no network and no screen.

import { batch, computed, signal } from "common/html.js";
import { newest, objects } from "common/objects.js";

/**
 * @param {(what: string, about: object) => void} tell what happened, once each: "offer" (an offer),
 *   "offer_closed" ({offer, reason}), "extension" (an extension), "extension_done" ({extension, session,
 *   minutes}: those gained, or 0), "taken_offline" ({why}), "session_ended" (a session)
 */
export function createDesk(tell) {
  const ready = signal(false); // there was a snapshot
  const status = signal(null);
  const offers = objects(); // id -> offer, with `total` seconds and `version`
  const sessions = objects(); // live ones, and those that ended while on the screen
  const extensions = objects();
  const arrivals = signal(0); // how often something new wanted an answer
  const gone = new Map(); // request id -> version at which its offer went; Infinity: answered by me

  const live = computed(() =>
    [...sessions.value.values()]
      .filter((session) => session.status !== "ended")
      .sort((a, b) => a.started_at.localeCompare(b.started_at)),
  );
  const byDeadline = (map) => computed(() =>
    [...map.value.values()].sort((a, b) => a.deadline_at.localeCompare(b.deadline_at)));

  // ---------------------------------------------------------------------------------------------- objects

  function put(map, id, object) {
    map.value = new Map(map.peek()).set(id, object);
  }

  function remove(map, id) {
    const found = map.peek().get(id);
    if (!found) return undefined;
    const rest = new Map(map.peek());
    rest.delete(id);
    map.value = rest;
    return found;
  }

  function arrived(what, about) {
    arrivals.value = arrivals.peek() + 1;
    tell(what, about);
  }

  function offered(offer) {
    if ((gone.get(offer.id) ?? -1) >= offer.version) return;
    const known = offers.peek().get(offer.id);
    put(offers, offer.id, { ...offer, total: Math.max(offer.total, known?.total ?? 0) });
    if (!known) arrived("offer", offer);
  }

  function closed(id, reason, version = Infinity) {
    gone.set(id, Math.max(version, gone.get(id) ?? 0));
    const offer = remove(offers, id);
    if (offer) tell("offer_closed", { offer, reason });
  }

  function asked(extension) {
    const known = extensions.peek().get(extension.id);
    if (extension.status !== "pending") remove(extensions, extension.id);
    else if (newest(extensions, extension) && !known) arrived("extension", extension);
  }

  /** Takes a session; one that goes on, or is over, has had its answer about more time. */
  function went(session) {
    const before = sessions.peek().get(session.id);
    if ((!before && session.status === "ended") || !newest(sessions, session)) return;
    if (session.status === "extending") return;
    for (const extension of extensions.peek().values()) {
      if (extension.session_id === session.id) answered(extension, before, session);
    }
    if (session.status === "ended" && before?.status !== "ended") tell("session_ended", session);
  }

  function answered(extension, before, session) {
    remove(extensions, extension.id);
    const longer = session.status === "active" && session.seconds_left > (before?.seconds_left ?? 0) + 5;
    tell("extension_done", { extension, session, minutes: longer ? extension.duration_minutes : 0 });
  }

  // --------------------------------------------------------------------------------------------- snapshots

  /** Takes all that is current; what it does not hold is over. `keep`: the session on the screen, or null. */
  function snapshot(active, keep) {
    batch(() => {
      status.value = active.status;
      const open = new Map(active.offers.map((offer) => [offer.id, offer]));
      for (const id of [...offers.peek().keys()]) if (!open.has(id)) remove(offers, id);
      for (const offer of open.values()) {
        gone.delete(offer.id);
        offered({ ...offer, total: offer.seconds_left, version: 0 });
      }
      const pending = new Set(active.extensions.map((extension) => extension.id));
      for (const id of [...extensions.peek().keys()]) if (!pending.has(id)) remove(extensions, id);
      active.extensions.forEach(asked);
      const alive = new Set(active.sessions.map((session) => session.id));
      for (const session of sessions.peek().values()) {
        if (alive.has(session.id)) continue;
        if (session.id !== keep) remove(sessions, session.id);
      }
      active.sessions.forEach(went);
      ready.value = true;
    });
  }

  // ------------------------------------------------------------------------------------------------ frames

  const hear = {
    chat_request: (frame) => offered({
      ...frame.offer,
      total: frame.timeout_seconds,
      version: frame.version,
    }),
    chat_request_closed: (frame) => closed(frame.id, frame.reason, frame.version),
    paired: (frame) => {
      gone.set(frame.pairing_request_id, Infinity);
      remove(offers, frame.pairing_request_id);
      went(frame.session);
    },
    extension_request: (frame) => asked(frame.extension),
    presence: (frame) => {
      status.value = frame.status;
      if (!frame.status.is_online && frame.why !== "switched_off") tell("taken_offline", { why: frame.why });
    },
  };

  function onFrame(frame) {
    batch(() => {
      if (Object.hasOwn(hear, frame.type)) hear[frame.type](frame);
      else if (frame.session) went(frame.session); // session_timer, _paused, _resumed, _closing, _ended
    });
  }

  return {
    ready,
    status, //       signal: as GET /api/mitra/status
    offers: byDeadline(offers),
    extensions: byDeadline(extensions),
    arrivals, //     signal: a number that grows with each new card
    live, //         signal: sessions that are not over, the oldest first
    session: (id) => sessions.value.get(id),
    extensionOf: (sessionId) => [...extensions.value.values()].find((each) => each.session_id === sessionId),
    snapshot, onFrame, went,
    answeredOffer: (id) => batch(() => {
      gone.set(id, Infinity);
      remove(offers, id);
    }),
    closed,
    answeredExtension: (id) => remove(extensions, id),
    revive: (session) => newest(sessions, session), // one that is over, to look at
    leave: (id) => remove(sessions, id),
    clear() {
      batch(() => {
        for (const map of [offers, sessions, extensions]) map.value = new Map();
        status.value = null;
        ready.value = false;
        gone.clear();
      });
    },
  };
}
