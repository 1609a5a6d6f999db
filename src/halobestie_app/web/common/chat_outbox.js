// What one says in a chat, until the server has it: sent over the socket, or over HTTP where there is none.
//
// Every message keeps its `client_message_id`, however often and by whichever way it is sent, so that the
// server keeps it once. What is unsent survives a reload of this tab.

import { signal } from "common/html.js";
import { uuid } from "common/http.js";
import { recall, remember } from "common/chat_memory.js";

const ACK_PATIENCE = 8000;
const RETRY_AFTER = 3000;
const LARGEST_FRAME = 15000; // bytes; the server's bound is 16 KiB

/** Refusals after which sending the same words again cannot help by itself. */
const FINAL = new Set([
  "SESSION_NOT_ACTIVE",
  "VALIDATION_ERROR",
  "INVALID_STATE",
  "FORBIDDEN",
  "NOT_FOUND",
  "TOO_LARGE",
]);

/**
 * @param {{api: object, socket: object, sessionId: string, took: (row: object) => Promise<void>|void}} given
 *   `took` is told of every message that the server has, as the row it became (without a sender).
 */
export function createOutbox({ api, socket, sessionId, took }) {
  const unsent = signal(recall(`hb.unsent.${sessionId}`, []));
  const timers = new Map();
  let posting = false;
  let stopped = true;

  const waiting = () => unsent.peek().find((one) => !one.failed);

  function keep(list) {
    unsent.value = list;
    remember(`hb.unsent.${sessionId}`, list.length ? list : null);
  }

  function change(id, members) {
    keep(unsent.peek().map((one) => (one.client_message_id === id ? { ...one, ...members } : one)));
  }

  /** Takes away what has become a message. */
  function settle(ids) {
    for (const id of ids) cancel(id);
    if (unsent.peek().some((one) => ids.has(one.client_message_id))) {
      keep(unsent.peek().filter((one) => !ids.has(one.client_message_id)));
    }
  }

  /** The number is known, so the row is: an acknowledgement is as good as the message itself. */
  function acknowledged({ client_message_id: id, seq, at }) {
    cancel(id);
    const one = unsent.peek().find((each) => each.client_message_id === id);
    if (one) took({ seq, client_message_id: id, text: one.text, sent_at: at });
  }

  function refused(id, code) {
    cancel(id);
    if (FINAL.has(code)) {
      change(id, { failed: code });
      later("flush", 0, flush);
    } else if (code !== "SESSION_PAUSED") {
      later("flush", RETRY_AFTER, flush);
    }
    // A paused chat sends what waits when it goes on: the view calls flush().
  }

  /** Sends all that waits: over the socket where there is one, else one after the other over HTTP. */
  function flush() {
    if (stopped) return;
    for (const one of unsent.peek()) {
      const { client_message_id: id, text } = one;
      if (one.failed || timers.has(id)) continue;
      const frame = { type: "message", session_id: sessionId, client_message_id: id, text };
      const fits = new TextEncoder().encode(JSON.stringify(frame)).length < LARGEST_FRAME;
      if (!fits || socket.state.peek() !== "open" || !socket.send(frame)) {
        post();
        return;
      }
      later(id, ACK_PATIENCE, post);
    }
  }

  async function post() {
    if (posting || stopped) return;
    posting = true;
    let one;
    try {
      for (one = waiting(); one && !stopped; one = waiting()) {
        const { client_message_id: id, text } = one;
        await took(await api.post(`/api/shared/chat/${sessionId}/messages`, { client_message_id: id, text }));
        if (waiting() === one) throw new Error("what lies before it cannot be fetched now");
      }
    } catch (error) {
      if (!stopped) refused(one.client_message_id, error.isNetwork ? "UNAVAILABLE" : error.code);
    } finally {
      posting = false;
    }
  }

  function later(name, delay, work) {
    cancel(name);
    timers.set(name, setTimeout(() => (timers.delete(name), work()), delay));
  }

  function cancel(name) {
    clearTimeout(timers.get(name));
    timers.delete(name);
  }

  function cancelAll() {
    for (const name of [...timers.keys()]) cancel(name);
  }

  return {
    unsent,
    settle,
    acknowledged,
    refused,
    flush,
    say(text) {
      keep([...unsent.peek(), { client_message_id: uuid(), text }]);
      flush();
    },
    retry(id) {
      change(id, { failed: undefined });
      flush();
    },
    discard(id) {
      settle(new Set([id]));
    },
    start() {
      stopped = false;
    },
    /** A new socket: nothing that went over the old one is waited for. */
    again() {
      cancelAll();
      flush();
    },
    stop() {
      stopped = true;
      cancelAll();
    },
  };
}
