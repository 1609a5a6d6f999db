// The one WebSocket of an app: handshake, heartbeat, renewal in place, coming back. Knows no frame's meaning.
//
// One attempt at a time has the word; whatever an older one still says is not heard.

import { EXPIRED, pauseAfter, REPLACED, SHUT_OUT } from "common/backoff.js";
import { effect, signal, untracked } from "common/html.js";
import { noteServerTime, onReturn } from "common/time.js";

const HANDSHAKE = 10_000; // ms from opening to the snapshot
const SILENCE = 10_000; // ms that a pong may take
const PROBE = 3000; // the same when there is a reason to doubt
const RENEWING = 120; // seconds before its end that a token is renewed

/**
 * @param {{api: ReturnType<import("common/api.js").createApi>, path: string,
 *   resume?: () => Record<string, number>, onSnapshot: (frame: object) => void,
 *   onFrame: (frame: object) => void}} options `resume`: the last `seq` of every chat one knows, asked after
 *   the snapshot; `onFrame` gets every frame but ready, snapshot and pong
 * @returns {{state: {value: "off"|"connecting"|"open"|"waiting"|"replaced"}, start: () => void,
 *   stop: () => void, send: (frame: object) => boolean, reconnectNow: () => void}} `send` is false when
 *   nothing was sent
 */
export function createSocket({ api, path, resume, onSnapshot, onFrame }) {
  const state = signal("off");
  let wanted = false;
  let socket = null; // the one that has the word
  let attempt = 0; // its number
  let failures = 0; // in a row
  let refusals = 0; // tokens refused in a row
  let timer = null; // of the next attempt, or of the handshake
  let beat = null; // every second while there is a socket
  let unbind = [];

  // -------------------------------------------------------------------------------------------- opening

  async function connect() {
    drop();
    const mine = attempt;
    state.value = "connecting";
    let token;
    try {
      token = await api.token();
    } catch (error) {
      if (mine !== attempt) return;
      if (error.status === 401) settle();
      else later(0, error.retryAfter);
      return;
    }
    if (mine !== attempt) return;
    const url = new URL(path, location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const made = new WebSocket(url);
    socket = { made, token, heard: Date.now(), asked: null, patience: SILENCE, every: 25_000, renewed: 0 };
    timer = setTimeout(() => lost(mine, 0), HANDSHAKE);
    beat = setInterval(look, 1000);
    made.onopen = () => { if (mine === attempt) say({ type: "auth", access_token: token }); };
    made.onmessage = ({ data }) => { if (mine === attempt) hear(data); };
    made.onclose = ({ code }) => lost(mine, code);
  }

  /** Let go of the present socket, whatever its state; nothing of it is heard any more. */
  function drop() {
    attempt += 1;
    clearTimeout(timer);
    clearInterval(beat);
    const old = socket?.made;
    socket = null;
    if (!old) return;
    old.onopen = old.onmessage = old.onclose = null;
    old.close(1000);
  }

  function settle() {
    drop();
    state.value = "off";
  }

  // -------------------------------------------------------------------------------------------- hearing

  function hear(data) {
    let frame;
    try {
      frame = JSON.parse(data);
    } catch {
      return;
    }
    const asked = socket.asked;
    socket.heard = Date.now();
    if (frame.type === "pong") socket.asked = null;
    if (frame.at) noteServerTime(frame.at, frame.type === "pong" && asked ? asked : undefined, socket.heard);
    if (HEARD[frame.type]) HEARD[frame.type](frame);
    else onFrame(frame); // what fails in there is reported, and hurts no socket
  }

  const HEARD = {
    ready(frame) {
      socket.every = (frame.heartbeat_seconds ?? 25) * 1000;
    },
    snapshot(frame) {
      clearTimeout(timer);
      failures = 0;
      refusals = 0;
      state.value = "open";
      try {
        onSnapshot(frame);
      } finally {
        say({ type: "resume", chats: resume?.() ?? {} });
      }
    },
    pong() {},
  };

  // ------------------------------------------------------------------------------------------- speaking

  function say(frame) {
    if (socket?.made.readyState !== WebSocket.OPEN) return false;
    socket.made.send(JSON.stringify(frame));
    return true;
  }

  function send(frame) {
    return state.peek() === "open" && say(frame);
  }

  /** Once a second: ask after silence, give up on too much of it, renew the token in place. */
  function look() {
    if (!socket || state.peek() !== "open") return;
    const now = Date.now();
    if (socket.asked !== null && now - Math.max(socket.asked, socket.heard) > socket.patience) {
      lost(attempt, 0);
      return;
    }
    if (socket.asked === null && now - socket.heard >= socket.every) ask(SILENCE);
    const ends = api.expires.peek();
    if (ends !== null && ends - now < RENEWING * 1000 && now - socket.renewed > 10_000) renew(now);
  }

  function ask(patience) {
    if (!socket) return;
    socket.asked = Date.now();
    socket.patience = patience;
    if (!say({ type: "ping" })) lost(attempt, 0);
  }

  function renew(now) {
    socket.renewed = now;
    api.token({ margin: RENEWING }).then(introduce, () => {}); // tried again, or 4401 says that it is late
  }

  /** Show a newer token on the open socket. */
  function introduce(token) {
    if (!socket || state.peek() !== "open" || socket.token === token) return;
    if (say({ type: "auth", access_token: token })) socket.token = token;
  }

  // ------------------------------------------------------------------------------------------ coming back

  function lost(which, code) {
    if (which !== attempt) return;
    const token = socket?.token;
    drop();
    if (!wanted) return;
    if (code === REPLACED) {
      state.value = "replaced";
    } else if (code === EXPIRED || code === SHUT_OUT) {
      refusals += 1;
      refused(token, code);
    } else {
      later(code);
    }
  }

  /** The server took no token, or no longer: a refresh finds out whether the log-in is over. */
  async function refused(token, code) {
    const mine = attempt;
    state.value = "waiting";
    if (refusals > 3 && code === SHUT_OUT) {
      api.signOut();
      return;
    }
    try {
      await api.token({ refused: token });
    } catch (error) {
      if (mine !== attempt) return;
      if (error.status === 401) settle();
      else later(0, error.retryAfter);
      return;
    }
    if (mine !== attempt) return;
    if (refusals > 1) later(code);
    else connect();
  }

  function later(code, seconds) {
    state.value = "waiting";
    clearTimeout(timer);
    timer = setTimeout(connect, Math.max((seconds ?? 0) * 1000, pauseAfter(code, failures)));
    failures += 1;
  }

  /** Come back at once, also when another window took over; ask whether an open socket still lives. */
  function reconnectNow() {
    if (!wanted || !api.user.peek()) return;
    if (state.peek() === "open") ask(PROBE);
    else if (state.peek() !== "connecting") connect();
  }

  function nudged() {
    if (state.peek() !== "replaced") reconnectNow();
  }

  function hidden() {
    if (wanted && socket) {
      drop();
      state.value = "waiting";
    }
  }

  // ------------------------------------------------------------------------------------- starting, stopping

  function start() {
    if (wanted) return;
    wanted = true;
    addEventListener("pagehide", hidden);
    let who;
    unbind = [
      () => removeEventListener("pagehide", hidden),
      onReturn(nudged),
      effect(() => {
        const id = api.user.value?.id;
        if (id === who) return;
        who = id;
        failures = 0;
        untracked(id ? connect : settle);
      }),
      effect(() => {
        if (api.expires.value !== null) untracked(() => api.token().then(introduce, () => {}));
      }),
    ];
  }

  function stop() {
    wanted = false;
    for (const end of unbind) end();
    unbind = [];
    settle();
  }

  return { state, start, stop, send, reconnectNow };
}
