// The one evening of this tab: server, socket, truth, and what follows by itself. Screens read its signals.

import { createChatLog, forgetUnsent } from "common/chat.js";
import { batch, computed, effect, signal, untracked } from "common/html.js";
import { createApi } from "common/api.js";
import { poll } from "common/polling.js";
import { replace, route } from "common/router.js";
import { createSocket } from "common/socket.js";
import { createEvening, isLive } from "./evening.js";
import { where } from "./where.js";

const GREETING = 2600; // ms that "found" stays before the chat
const WITHOUT_SOCKET = 5000; // ms between two questions while there is no socket

export const api = createApi({
  client: "customer-web",
  refresh: "/api/shared/auth/refresh",
  logout: "/api/shared/auth/logout",
  name: "customer",
});

export const evening = createEvening({ api });

/** Ids of payments and sessions that were put aside here: in memory only. */
export const left = signal(new Set());
export function leave(id) {
  if (id && !left.peek().has(id)) left.value = new Set(left.peek()).add(id);
}

/** Take up again what was put aside. */
export function takeUp(id) {
  const rest = new Set(left.peek());
  rest.delete(id);
  left.value = rest;
}

/** The session that was found a moment ago. */
export const greeting = signal(null);
let welcome;

export function stopGreeting() {
  clearTimeout(welcome);
  greeting.value = null;
}

/** What follows frames: registered by those who know, called after the objects were taken. */
const listeners = new Set();
export function onFrame(listener) {
  listeners.add(listener);
}

const MEMBERS = [
  ["payment", "takePayment"], ["pairing_request", "takeRequest"],
  ["session", "takeSession"], ["extension", "takeExtension"],
];

/** A frame that came is not one that was seen: to a window that nobody looks at, the phone gets a push. */
export function acknowledge(frame, id) {
  if (!document.hidden) socket.send({ type: "ack", frame, id });
}

function heard(frame) {
  batch(() => {
    for (const [member, taker] of MEMBERS) if (frame[member]) evening[taker](frame[member]);
  });
  if (frame.type === "paired") acknowledge("paired", frame.pairing_request_id);
  for (const listener of listeners) listener(frame);
  log.peek()?.onFrame(frame);
}

export const socket = createSocket({
  api,
  path: "/api/shared/ws",
  // A chat that is not loaded yet is fetched by its log; the socket brings what is new.
  resume: () => (log.peek()?.loaded.peek() ? { [log.peek().sessionId]: log.peek().lastSeq() } : {}),
  onSnapshot: evening.takeAll,
  onFrame: heard,
});

/** The log of the live chat, or null. */
export const log = signal(null);

/** The screen that the truth asks for. */
export const screen = computed(() => where(
  {
    user: api.user.value,
    known: evening.known.value,
    session: evening.session.value,
    request: evening.request.value,
    payment: evening.payment.value,
  },
  { parts: route.value.parts, left: left.value, greeting: greeting.value },
));

/** Begin: find out who this is, listen, and keep what belongs together together. */
export function start() {
  let who;
  effect(() => {
    const id = api.user.value?.id ?? null;
    if (api.user.value === undefined || id === who) return;
    const before = who;
    who = id;
    untracked(() => {
      if (before) {
        evening.reset();
        left.value = new Set();
        if (id === null) replace("/");
      }
      if (before || id === null) forgetUnsent();
      if (id) evening.refresh();
    });
  });
  effect(() => followChat(evening.session.value));
  let waited = false;
  effect(() => {
    const session = evening.session.value;
    const searching = evening.request.value?.status === "pending";
    const waiting = searching || evening.payment.value?.status === "confirmed";
    untracked(() => {
      if (isLive(session) && waited) greet(session.id);
      if (isLive(session) && waiting) settled();
    });
    waited = waiting && !isLive(session);
  });
  poll(async () => {
    const lost = socket.state.peek() !== "open" || !evening.known.peek() || between();
    if (api.user.peek() && lost) await evening.refresh();
  }, { every: WITHOUT_SOCKET });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && api.user.peek()) evening.refresh();
  });
  socket.start();
  api.start();
}

/** Paid, and not in a chat: should an answer be lost now, or overtaken, no frame may come to mend that. */
function between() {
  const searching = evening.request.peek()?.status === "pending";
  const paid = evening.payment.peek()?.status === "confirmed";
  return (searching || paid) && !isLive(evening.session.peek());
}

/** A chat begins: what led to it is over, which no frame says. */
function settled() {
  const [request, payment] = [evening.request.peek(), evening.payment.peek()];
  if (request?.status === "pending") evening.readRequest(request.id);
  if (payment?.status === "confirmed") evening.readPayment(payment.id);
}

function followChat(session) {
  const id = isLive(session) ? session.id : null;
  untracked(() => {
    if ((log.peek()?.sessionId ?? null) === id) return;
    log.peek()?.stop();
    log.value = id === null ? null : createChatLog({ api, socket, sessionId: id, me: "customer" });
    log.peek()?.start();
  });
}

function greet(id) {
  greeting.value = id;
  replace("/");
  clearTimeout(welcome);
  welcome = setTimeout(stopGreeting, GREETING);
}
