// One chat as data: what was said, in its order and without gaps, and what of one's own is still on its way.
//
// The numbers (`seq`) are the server's, gapless from 1; whatever comes out of order waits until the gap was
// fetched. Nothing is remembered but unsent words: `start()` and every reconnect ask the server again.

import { batch, computed, effect, signal } from "common/html.js";
import { recall, remember } from "common/chat_memory.js";
import { createOutbox } from "common/chat_outbox.js";

const PAGE = 200;
const TYPING_EVERY = 3000;
const TYPING_FADES = 6000;
const RETRY_AFTER = 3000;

/**
 * @param {{api: object, socket: {state: object, send: (frame: object) => boolean}, sessionId: string,
 *   me: "customer"|"mitra"}} given
 * @returns a chat log; its members are described at the end of this file
 */
export function createChatLog({ api, socket, sessionId, me }) {
  const path = `/api/shared/chat/${sessionId}`;
  const peerSide = me === "mitra" ? "customer" : "mitra";
  const rows = signal([]);
  const draft = signal(recall(`hb.draft.${sessionId}`, ""));
  const myRead = signal(0);
  const peerRead = signal(0);
  const peer = signal(null);
  const peerTyping = signal(false);
  const loaded = signal(false);
  const problem = signal(null);
  const early = new Map(); // seq -> row that came before the ones below it
  let unmarked = 0; // read up to here, which the server may not know yet
  let focused = false;
  let filling = null;
  let typedAt = 0;
  let fading;
  let retrying;
  let stopped = true;
  let undo = () => {};

  const lastSeq = () => rows.peek().length;
  const outbox = createOutbox({
    api,
    socket,
    sessionId,
    took: (row) => {
      take([{ sender: me, ...row }]);
      return early.size ? fill() : undefined;
    },
  });

  const items = computed(() => [
    ...rows.value.map((row) => ({
      key: row.client_message_id,
      seq: row.seq,
      sender: row.sender,
      text: row.text,
      sentAt: row.sent_at,
      state: row.sender !== me ? null : row.seq <= peerRead.value ? "read" : "sent",
    })),
    ...outbox.unsent.value.map((one) => ({
      key: one.client_message_id,
      seq: null,
      sender: me,
      text: one.text,
      sentAt: null,
      state: one.failed ? "failed" : "pending",
      code: one.failed,
    })),
  ]);
  const unread = computed(
    () => rows.value.filter((row) => row.sender === peerSide && row.seq > myRead.value).length,
  );

  // ------------------------------------------------------------------------------------------------ taking

  /** Takes rows in any order, those known already too; what leaves a gap waits for it to be fetched. */
  function take(found) {
    for (const row of found) if (row.seq > lastSeq()) early.set(row.seq, row);
    const ready = [];
    for (let next = lastSeq() + 1; early.has(next); next += 1) {
      ready.push(early.get(next));
      early.delete(next);
    }
    if (ready.length) {
      batch(() => {
        rows.value = [...rows.peek(), ...ready];
        outbox.settle(new Set(ready.filter((row) => row.sender === me).map((row) => row.client_message_id)));
        if (ready.some((row) => row.sender === peerSide)) hush();
      });
    }
    if (early.size) fill();
  }

  /** Fetches everything behind what is here; one fetch at a time. */
  function fill() {
    filling ??= (async () => {
      try {
        for (let next = lastSeq(); next !== null && !stopped; ) {
          const page = await api.get(`${path}/messages`, { query: { after_seq: next, limit: PAGE } });
          take(page.rows);
          next = page.next;
        }
        arrived();
      } catch (error) {
        failed(error, fill);
      } finally {
        filling = null;
      }
    })();
    return filling;
  }

  /** Asks how far the chat is, and how far both have read. */
  async function ask() {
    try {
      const info = await api.get(`${path}/info`);
      marks(info.read);
      if (info.last_seq > lastSeq()) fill();
      else arrived();
    } catch (error) {
      failed(error, ask);
    }
  }

  function arrived() {
    batch(() => {
      loaded.value = true;
      problem.value = null;
    });
  }

  function failed(error, again) {
    problem.value = error;
    clearTimeout(retrying);
    if (!stopped) retrying = setTimeout(() => !stopped && again(), RETRY_AFTER);
  }

  function marks(read) {
    batch(() => {
      myRead.value = Math.max(myRead.peek(), read[me] ?? 0);
      peerRead.value = Math.max(peerRead.peek(), read[peerSide] ?? 0);
    });
  }

  function hush() {
    clearTimeout(fading);
    peerTyping.value = false;
  }

  /** What the frames of a chat do to it, by their type. */
  const hear = {
    message: (frame) => take([frame.message]),
    message_ack: (frame) => outbox.acknowledged(frame),
    error: (frame) => outbox.refused(frame.client_message_id, frame.code),
    read: (frame) => marks({ [peerSide]: frame.seq }),
    typing: () => {
      peerTyping.value = true;
      clearTimeout(fading);
      fading = setTimeout(hush, TYPING_FADES);
    },
    peer: (frame) => {
      peer.value = frame.state;
      if (frame.state === "away") hush();
    },
  };

  function onFrame(frame) {
    if (frame.session_id !== sessionId || !Object.hasOwn(hear, frame.type)) return false;
    hear[frame.type](frame);
    return true;
  }

  // ----------------------------------------------------------------------------------------------- telling

  function write(text) {
    draft.value = text;
    remember(`hb.draft.${sessionId}`, text || null);
    if (text && Date.now() - typedAt > TYPING_EVERY && socket.state.peek() === "open") {
      typedAt = Date.now();
      socket.send({ type: "typing", session_id: sessionId });
    }
  }

  function say(text) {
    const words = text.trim();
    if (!words) return;
    write("");
    outbox.say(words);
  }

  function seen() {
    if (lastSeq() <= myRead.peek()) return;
    unmarked = lastSeq();
    myRead.value = unmarked;
    tellRead();
  }

  function tellRead() {
    if (unmarked && socket.send({ type: "read", session_id: sessionId, seq: unmarked })) unmarked = 0;
  }

  function focus(here) {
    focused = here;
    socket.send({ type: "focus", session_id: here ? sessionId : null });
  }

  // ---------------------------------------------------------------------------------------- coming and going

  function start() {
    if (!stopped) return;
    stopped = false;
    outbox.start();
    undo = effect(() => {
      const open = socket.state.value === "open";
      queueMicrotask(open ? opened : closed); // outside the effect: it follows nothing but the socket
    });
    if (socket.state.peek() !== "open") ask();
  }

  function opened() {
    if (stopped) return;
    if (focused) focus(true);
    tellRead();
    ask();
    outbox.again();
  }

  function closed() {
    peer.value = null;
    hush();
  }

  function stop() {
    stopped = true;
    undo();
    outbox.stop();
    clearTimeout(retrying);
    clearTimeout(fading);
  }

  return {
    sessionId, //   whose chat this is
    items, //       signal: [{key, seq, sender, text, sentAt, state, code}], oldest first; `state` is null for
    //              the peer's, else "pending" (no seq yet), "sent", "read" or "failed" (`code` says why)
    unread, //      signal: how many of the peer's messages were not seen here
    peer, //        signal: "here", "online", "away"; null: not known
    peerTyping, //  signal: boolean
    loaded, //      signal: false until the first answer (skeleton)
    problem, //     signal: the last failure to fetch, or null
    draft, //       signal: the words in the composer
    lastSeq, //     () => number, for the socket's `resume`
    start, stop, // begin and end to follow this chat
    onFrame, //     give it every frame of the socket; true: it was this chat's talk
    marks, //       take `read` of an /info that was fetched anyway
    say, //         send; what cannot be sent now waits and goes by itself
    retry: outbox.retry, discard: outbox.discard, // a failed message, by its key
    flush: outbox.flush, //                          send what waits (after a pause)
    write, seen, focus, // the draft changed; all that is here was seen; this chat is on the screen, or not
  };
}
