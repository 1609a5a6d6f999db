// What the tabs of one app tell each other: new tokens, and that the log-in is over. Knows no server.
//
// Tokens live in memory only and go from tab to tab over a BroadcastChannel, which no other origin hears. One
// tab at a time holds the lock in which tokens are exchanged for newer ones, and first asks the others. Every
// tab holds a second, shared lock for as long as it lives: so a lone tab knows to ask nobody.

import { uuid } from "common/http.js";

const ANSWER = 300; // ms that other tabs have to answer: they may be frozen

/**
 * @param {string} name of the app
 * @param {{onTokens: (held: object) => void, onOut: (since: number) => void, held: () => object|null}} tab
 *   what to do with news, and what this tab holds: `{token, expires, user, at}`
 */
export function connectTabs(name, { onTokens, onOut, held }) {
  const self = uuid();
  const channel = new BroadcastChannel(`hb-${name}`);
  const alive = `hb-${name}-tab`;
  let answered = () => {}; // whoever waits for an answer
  navigator.locks?.request(alive, { mode: "shared" }, () => new Promise(() => {}));

  const TOLD = {
    tokens: ({ tokens }) => onTokens(tokens),
    out: ({ since }) => onOut(since),
    ask: ({ from }) => {
      const mine = held();
      if (mine) channel.postMessage({ type: "answer", to: from, tokens: mine });
    },
    answer: ({ to, tokens }) => {
      if (to === self) answered(tokens);
    },
  };
  channel.addEventListener("message", ({ data }) => TOLD[data?.type]?.(data));

  async function alone() {
    if (!navigator.locks) return false;
    const { held: locks } = await navigator.locks.query();
    return locks.filter((lock) => lock.name === alive).length <= 1;
  }

  /** Ask the other tabs for tokens of which `fits` says yes; null if there are none. */
  async function ask(fits) {
    if (await alone()) return null;
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ANSWER, null);
      answered = (tokens) => {
        if (!fits(tokens)) return;
        clearTimeout(timer);
        resolve(tokens);
      };
      channel.postMessage({ type: "ask", from: self });
    });
  }

  /** Run `work` while no other tab runs theirs. */
  function exclusively(work) {
    return navigator.locks ? navigator.locks.request(`hb-${name}-refresh`, work) : work();
  }

  return {
    ask,
    exclusively,
    tellTokens: (tokens) => channel.postMessage({ type: "tokens", tokens }),
    tellOut: (since) => channel.postMessage({ type: "out", since }),
  };
}
