// The operators' figures as they change: one stream for all pages while the window is seen, or polls.

import { signal } from "common/html.js";
import { noteServerTime } from "common/time.js";
import { api } from "./api.js";
import { eventsOf } from "./event_stream.js";

const STREAM = "/internal/dashboard/stream";
const POLL_SECONDS = 4;
const LONGEST_WAIT_SECONDS = 20;
const STREAM_TRIES = 3;
/** A heartbeat comes every 15 s; without one for so long the line is dead. */
const SILENCE_SECONDS = 40;
/** One that ends sooner is no success: who comes back at once each time would come back for ever. */
const BRIEF_SECONDS = 5;

/** The latest answer of GET /internal/dashboard, null before the first. */
export const board = signal(null);
/** How the figures come: "off", "connecting", "live", "polling", "away". */
export const connection = signal("off");
/** What went wrong last, null when nothing did. */
export const trouble = signal(null);

class NoStream extends Error {
  constructor(status) {
    super(`no stream: ${status}`);
    this.status = status;
  }
}

let running = null;

/**
 * Follow the figures while somebody is signed in, and forget them after.
 * @param {boolean} wanted
 */
export function follow(wanted) {
  if (!wanted) {
    running?.abort();
    running = null;
    board.value = null;
    connection.value = "off";
    trouble.value = null;
  } else if (running === null) {
    running = new AbortController();
    keep(running.signal);
  }
}

/** Ask at once instead of at the next turn. */
export function again() {
  wake?.();
}

let wake = null;

async function keep(ending) {
  let failures = 0;
  let refusals = 0;
  connection.value = "connecting";
  while (!ending.aborted) {
    await seen(ending);
    if (ending.aborted) return;
    const began = Date.now();
    try {
      if (refusals < STREAM_TRIES) {
        const came = await stream(ending);
        refusals = came ? 0 : refusals + 1;
      } else {
        await look(ending);
        connection.value = "polling";
        await pause(POLL_SECONDS, ending);
        refusals -= 0.25; // from time to time the stream is tried again
        continue;
      }
      failures = Date.now() - began < BRIEF_SECONDS * 1000 ? failures + 1 : 0;
    } catch (error) {
      if (ending.aborted) return;
      if (document.hidden) continue;
      trouble.value = error;
      connection.value = "away";
      failures += 1;
      if (error.status === 429 || error instanceof NoStream) refusals += 1;
    }
    const wait = Math.min(LONGEST_WAIT_SECONDS, 0.5 * 2 ** failures) * (0.5 + Math.random() / 2);
    await pause(wait, ending);
  }
}

/** Read one stream to its end; true when at least one event came. */
async function stream(ending) {
  const cut = new AbortController();
  const stop = () => cut.abort();
  const hide = () => document.hidden && stop();
  ending.addEventListener("abort", stop);
  document.addEventListener("visibilitychange", hide);
  window.addEventListener("offline", stop);
  let silence = setTimeout(stop, SILENCE_SECONDS * 1000);
  let came = false;
  try {
    const headers = { Accept: "text/event-stream", Authorization: `Bearer ${await api.token()}` };
    const answer = await fetch(STREAM, { headers, signal: cut.signal, cache: "no-store" });
    if (answer.status === 401) await look(ending); // the caller renews its token, or finds itself signed out
    if (!answer.ok || !answer.body) throw new NoStream(answer.status);
    for await (const { event, data } of eventsOf(answer.body)) {
      clearTimeout(silence);
      silence = setTimeout(stop, SILENCE_SECONDS * 1000);
      if (event === "dashboard") {
        came = true;
        take(JSON.parse(data));
        connection.value = "live";
      } else if (event === "unavailable") {
        connection.value = "away";
      } else if (event === "end") {
        break;
      }
    }
    if (!document.hidden) connection.value = "connecting";
    return came;
  } finally {
    clearTimeout(silence);
    ending.removeEventListener("abort", stop);
    document.removeEventListener("visibilitychange", hide);
    window.removeEventListener("offline", stop);
  }
}

async function look(ending) {
  take(await api.get("/internal/dashboard", { signal: ending }));
}

function take(figures) {
  noteServerTime(figures.at);
  board.value = figures;
  trouble.value = null;
}

/** Wait until the window is seen. */
function seen(ending) {
  if (!document.hidden) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      if (document.hidden && !ending.aborted) return;
      document.removeEventListener("visibilitychange", done);
      ending.removeEventListener("abort", done);
      resolve();
    };
    document.addEventListener("visibilitychange", done);
    ending.addEventListener("abort", done);
  });
}

/** Wait so many seconds, or less when the network or somebody says so. */
function pause(seconds, ending) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      window.removeEventListener("online", done);
      document.removeEventListener("visibilitychange", shown);
      ending.removeEventListener("abort", done);
      wake = null;
      resolve();
    };
    const shown = () => !document.hidden && done();
    const timer = setTimeout(done, seconds * 1000);
    window.addEventListener("online", done);
    document.addEventListener("visibilitychange", shown);
    ending.addEventListener("abort", done);
    wake = done;
  });
}
