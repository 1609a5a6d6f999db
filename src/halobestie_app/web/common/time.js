// The server's clock, as well as this device can know it. Knows no screen and no zone.
//
// Every sign of the server's time is an interval for the offset between the clocks: what a frame says was so
// before it came (a lower bound), what answers a question of ours was so after we asked (an upper one). The
// estimate is where all of them meet; one that meets no other means that this device's clock was set anew.

import { signal } from "common/html.js";

const TOLERANCE = 50; // ms that two clocks may drift apart before an interval contradicts another
const NARROW = 500; // ms: an interval this small is trusted in its middle
const WAKE = 3000; // ms between two ticks that mean the device slept

let low = -Infinity;
let high = Infinity;
let exact = false;
let offset = 0;

/**
 * Learn from something the server said.
 *
 * @param {string|number|Date} instant the server's time; with a resolution of `resolution` ms
 * @param {number} [sentAtMs] when we asked (ms of `Date.now()`), if it answers a question
 * @param {number} [receivedAtMs] when it came
 * @param {number} [resolution] ms that the stated time may lie behind (2000 for a `Date` header, which is
 *   whole seconds and made once a second)
 */
export function noteServerTime(instant, sentAtMs, receivedAtMs = Date.now(), resolution = 0) {
  const stated = instant instanceof Date ? instant.getTime() : new Date(instant).getTime();
  if (!Number.isFinite(stated)) return;
  const from = stated - receivedAtMs;
  const to = sentAtMs === undefined ? Infinity : stated + resolution - sentAtMs;
  if (from > high + TOLERANCE || to < low - TOLERANCE) {
    [low, high, exact] = [from, to, resolution === 0];
  } else {
    low = Math.max(low, from);
    high = Math.max(low, Math.min(high, to));
    exact ||= resolution === 0;
  }
  offset = exact && high - low > NARROW ? low : low + (high === Infinity ? 0 : (high - low) / 2);
}

/** @returns {number} ms since the epoch on the server's clock */
export function serverNow() {
  return Date.now() + offset;
}

/** The server's time in whole seconds since the epoch: moves once a second while the page is visible. */
export const tick = signal(Math.floor(serverNow() / 1000));

/**
 * Whole seconds until an instant, rounded up, never negative. Whoever reads it in a render is rendered again
 * as it changes.
 *
 * @param {string|number|Date|null|undefined} instant
 * @returns {number} 0 without an instant
 */
export function secondsLeft(instant) {
  void tick.value;
  if (instant === null || instant === undefined) return 0;
  return Math.max(0, Math.ceil((new Date(instant).getTime() - serverNow()) / 1000));
}

/**
 * Be told when this device was asleep, or its page frozen.
 *
 * @param {(gapMs: number) => void} listener
 * @returns {() => void} stops it
 */
export function onWake(listener) {
  wakers.add(listener);
  return () => wakers.delete(listener);
}

/**
 * Be told when another try is worth it: the network is back, the page is looked at, the device woke.
 *
 * @param {() => void} listener
 * @returns {() => void} stops it
 */
export function onReturn(listener) {
  const looked = () => { if (!document.hidden) listener(); };
  const asleep = onWake(listener);
  addEventListener("online", listener);
  addEventListener("pageshow", listener);
  document.addEventListener("visibilitychange", looked);
  return () => {
    asleep();
    removeEventListener("online", listener);
    removeEventListener("pageshow", listener);
    document.removeEventListener("visibilitychange", looked);
  };
}

const wakers = new Set();
let seen = Date.now();
let timer;

function beat() {
  clearTimeout(timer);
  const now = Date.now();
  const gap = now - seen;
  seen = now;
  if (!document.hidden) tick.value = Math.floor(serverNow() / 1000);
  timer = setTimeout(beat, 1010 - (((serverNow() % 1000) + 1000) % 1000));
  // A hidden page's timers may be slowed down to one a minute: that is no sleep.
  if (gap > (document.hidden ? 65_000 : WAKE)) for (const listener of [...wakers]) listener(gap);
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) {
    seen = Math.max(seen, Date.now() - WAKE); // whoever wants to know of a return listens for it
    beat();
  }
});
beat();
