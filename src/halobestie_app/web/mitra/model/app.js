// The mitra's app without its screens: who is here, what the server says, and what the mitra may ask of it.

import { createApi } from "common/api.js";
import { createChatLog, forgetUnsent } from "common/chat.js";
import { batch, effect, signal, untracked } from "common/html.js";
import { replace, route } from "common/router.js";
import { createSocket } from "common/socket.js";
import { problemText } from "common/texts.js";
import { toast } from "common/ui.js";
import { createAlerts } from "./alerts.js";
import { createAnswers } from "./answers.js";
import { createDesk } from "./desk.js";
import { createPresence } from "./presence.js";
import { t } from "../texts.js";

export const api = createApi({
  client: "mitra-web",
  refresh: "/api/shared/auth/refresh",
  logout: "/api/shared/auth/logout",
  name: "mitra",
});

export const desk = createDesk(happened);

export const socket = createSocket({
  api,
  path: "/api/shared/ws",
  // A chat that is not loaded yet is fetched by its log; the socket brings what is new.
  resume: () => Object.fromEntries(
    [...logs.peek()].filter(([, log]) => log.loaded.peek()).map(([id, log]) => [id, log.lastSeq()]),
  ),
  onSnapshot,
  onFrame,
});

/** Session id -> chat log, for every chat that is live or on the screen. */
export const logs = signal(new Map());

/** Why this mitra is offline without having wished so here: "stale", "blocked", "unknown"; else null. */
export const takenOffline = signal(null);

export const alerts = createAlerts();
export const presence = createPresence({ api, desk, socket, takenOffline });

const answers = createAnswers({ api, desk, presence });
export const { accept, decline, respond, endChat } = answers;

const shown = () => (route.value.parts[0] === "chat" ? route.value.parts[1] ?? null : null);
const shownNow = () => untracked(shown);

// -------------------------------------------------------------------------------------- what the server says

function onSnapshot(active) {
  const before = desk.status.peek();
  const open = shownNow();
  desk.snapshot(active, open);
  if (before?.is_online && !active.status.is_online) happened("taken_offline", { why: "unknown" });
  active.offers.forEach(acknowledgeOffer);
  active.extensions.forEach(acknowledgeExtension);
  if (open && !active.sessions.some((session) => session.id === open)) lookBack(open);
}

function onFrame(frame) {
  if (frame.session_id) {
    const log = logs.peek().get(frame.session_id);
    if (log?.onFrame(frame)) {
      if (frame.type === "message") said(frame, log);
      return;
    }
  }
  desk.onFrame(frame);
}

function said({ session_id: id, message }, log) {
  if (message.sender !== "customer" || log.unread.peek() === 0) return;
  const name = untracked(() => desk.session(id)?.customer.display_name);
  if (document.hidden || shownNow() !== id) alerts.message(id, name ?? "");
}

/** A chat on the screen that is not live: it ended meanwhile, or is an old one. */
export async function lookBack(id) {
  try {
    const info = await api.get(`/api/shared/chat/${id}/info`);
    const { last_seq: _, read, pending_extension: __, ...session } = info;
    batch(() => {
      desk.revive(session);
      follow(id).marks(read);
    });
  } catch (error) {
    if (error.status === 404 || error.status === 403 || error.status === 422) replace("/");
    else toast(problemText(error), "bad");
  }
}

// ----------------------------------------------------------------------------------------- what happens then

/** See desk.js. */
function happened(what, about) {
  HAPPENINGS[what](about);
}

const HAPPENINGS = {
  offer(offer) {
    alerts.offer(offer);
    acknowledgeOffer(offer);
  },
  offer_closed({ offer, reason }) {
    if (answers.under(offer.id)) return;
    toast(t(`closed_${reason}`, { name: offer.customer.display_name }), "info");
  },
  extension(extension) {
    alerts.extension(extension);
    acknowledgeExtension(extension);
  },
  extension_done({ extension, session, minutes }) {
    const name = extension.customer.display_name;
    if (session.status === "ended" || answers.under(extension.id)) return;
    toast(minutes ? t("extended_by_itself", { name, minutes }) : t("not_extended", { name }), "info");
  },
  taken_offline({ why }) {
    takenOffline.value = why;
  },
  session_ended(session) {
    if (shownNow() === session.id) return; // the screen says it
    const key = session.end_reason === "mitra_ended" ? "ended_by_me" : "ended_by_others";
    toast(t(key, { name: session.customer.display_name }), "info");
  },
};

// Whatever takes a card away, here or in another window, ends its ringing.
effect(() => alerts.only([...desk.offers.value, ...desk.extensions.value].map((card) => card.id)));

/** A frame that came is not a request that was seen: hidden and silent, the phone gets a push instead. */
function acknowledge(frame, id) {
  if (!document.hidden || alerts.heard()) socket.send({ type: "ack", frame, id });
}

function acknowledgeOffer(offer) {
  if (offer.kind === "returning") acknowledge("chat_request", offer.id);
}

function acknowledgeExtension(extension) {
  acknowledge("extension_request", extension.id);
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  desk.offers.peek().forEach(acknowledgeOffer);
  desk.extensions.peek().forEach(acknowledgeExtension);
});

// ----------------------------------------------------------------------------------------------------- chats

/** The log of a chat, made when there is none. */
export function follow(id) {
  const known = logs.peek().get(id);
  if (known) return known;
  const log = createChatLog({ api, socket, sessionId: id, me: "mitra" });
  logs.value = new Map(logs.peek()).set(id, log);
  log.start();
  return log;
}

// Every live chat is followed, and the one on the screen; others are let go.
effect(() => {
  const wanted = new Set(desk.live.value.map((session) => session.id));
  const open = shown();
  if (open) wanted.add(open);
  untracked(() => {
    const kept = new Map(logs.peek());
    for (const [id, log] of logs.peek()) {
      if (wanted.has(id)) continue;
      log.stop();
      kept.delete(id);
      desk.leave(id);
    }
    if (kept.size !== logs.peek().size) logs.value = kept;
    for (const session of desk.live.peek()) follow(session.id);
  });
});

/** Go offline, and out. */
export async function logOut() {
  if (desk.status.peek()?.is_online) await presence.turn(false).catch(() => {});
  await api.signOut();
}

// ------------------------------------------------------------------------------------------------- beginning

/** Find out who is here; from then on the socket comes and goes with the log-in. */
export function begin() {
  let who;
  effect(() => {
    const id = api.user.value?.id ?? null;
    if (api.user.value === undefined || id === who) return;
    const before = who;
    who = id;
    untracked(() => {
      for (const log of logs.peek().values()) log.stop();
      if (before || id === null) forgetUnsent();
      batch(() => {
        logs.value = new Map();
        desk.clear();
        takenOffline.value = null;
      });
    });
  });
  presence.begin();
  socket.start();
  return api.start();
}
