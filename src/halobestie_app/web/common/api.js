// One caller of HTTP per app: who is signed in, tokens fresh in all tabs, calls repeated where that is safe.
//
// The access token is in memory only; the refresh token is a cookie that no script sees. A refresh that the
// server refuses ends the log-in in every tab; one that it cannot answer (no network, 503) ends nothing.

import { computed, signal } from "common/html.js";
import { ApiError, call, pause, search, uuid } from "common/http.js";
import { remember, remembered } from "common/storage.js";
import { connectTabs } from "common/tabs.js";
import { onReturn } from "common/time.js";

export { ApiError, uuid };

const FRESH = 60; // seconds that a token should live on
const REPEATING = 20_000; // ms until a keyed command is given up
const LONGEST_PAUSE = 4000; // ms between two tries, unless the server says otherwise: then that
const FAREWELL = 3000; // ms that signing out may take

/**
 * @typedef {{access_token: string, expires_in: number, user: object}} Tokens what log-in routes answer
 *
 * @param {{base?: string, client?: "customer-web"|"mitra-web"|null, refresh: string, logout: string,
 *   name: string}} options `client` becomes X-Client (null in the control center); `refresh`, `logout`:
 *   paths; `name`: of the app, the same in all its tabs
 */
export function createApi({ base = "", client = null, refresh, logout, name }) {
  const user = signal(undefined);
  const held = signal(null); // {token, expires: ms of Date.now(), user, at: when it came}
  const expires = computed(() => held.value?.expires ?? null);
  const trouble = signal(null);
  let renewing = null;
  let started = null;
  let epoch = 0; // of log-ins: counts their ends
  let left = 0; // when somebody signed out here: what was sent before is not for us
  let retry = () => {};

  const tabs = connectTabs(name, {
    held: () => held.peek(),
    onTokens: (tokens) => { if (tokens.at > Math.max(left, held.peek()?.at ?? 0)) keep(tokens); },
    onOut: (since) => { if ((held.peek()?.at ?? 0) <= since) forget(); },
  });

  // ------------------------------------------------------------------------------------------- who it is

  function keep(tokens) {
    held.value = tokens;
    trouble.value = null;
    if (JSON.stringify(user.peek()) !== JSON.stringify(tokens.user)) user.value = tokens.user;
  }

  function taken(tokens, since) {
    const expiry = since + tokens.expires_in * 1000;
    keep({ token: tokens.access_token, expires: expiry, user: tokens.user, at: Date.now() });
    tabs.tellTokens(held.peek());
  }

  function forget() {
    epoch += 1;
    held.value = null;
    user.value = null;
  }

  /** Take a log-in's answer: this tab and the others are signed in. @param {Tokens} tokens */
  function signedIn(tokens) {
    remember(`${name}-leaving`, null);
    taken(tokens, Date.now());
  }

  /** Take a newer view of oneself, such as the answer of `PATCH /api/shared/me`. */
  function setUser(seen) {
    if (!held.peek()) return;
    keep({ ...held.peek(), user: seen });
    tabs.tellTokens(held.peek());
  }

  /** Sign out here and in the other tabs. What the server does not hear now it is told at the next start. */
  async function signOut() {
    remember(`${name}-leaving`, "1");
    const mine = held.peek();
    left = Date.now();
    forget();
    tabs.tellOut(left);
    await leave(mine?.token);
  }

  async function leave(token) {
    try {
      const signal = AbortSignal.timeout(FAREWELL);
      await call(base + logout, { method: "POST", headers: headersOf(token), signal });
    } catch (error) {
      if (error?.status !== 401) return;
    }
    remember(`${name}-leaving`, null);
  }

  /** Finish a signing out that the server never heard of. */
  async function leaveNow() {
    user.value = null;
    try {
      await leave((await tabs.exclusively(exchange)).access_token);
    } catch (error) {
      if (error?.status === 401) remember(`${name}-leaving`, null);
    }
  }

  // -------------------------------------------------------------------------------------------- tokens

  function headersOf(token) {
    const headers = client ? { "X-Client": client } : {};
    return token ? { ...headers, Authorization: `Bearer ${token}` } : headers;
  }

  function fresh(tokens, margin, refused) {
    return Boolean(tokens) && tokens.token !== refused && tokens.expires - Date.now() > margin * 1000;
  }

  /**
   * The access token, refreshed when it has less than `margin` seconds to live, or is the `refused` one.
   * Throws ApiError: UNAUTHENTICATED when signed out, otherwise nobody knows yet (no network, 503).
   */
  function token({ margin = FRESH, refused } = {}) {
    if (fresh(held.peek(), margin, refused)) return Promise.resolve(held.peek().token);
    if (user.peek() === null) return Promise.reject(signedOut());
    renewing ??= tabs.exclusively(() => renew(margin, refused)).finally(() => { renewing = null; });
    return renewing;
  }

  async function renew(margin, refused) {
    if (!fresh(held.peek(), margin, refused)) {
      const others = await tabs.ask((tokens) => fresh(tokens, margin, refused));
      if (others) keep(others);
    }
    if (fresh(held.peek(), margin, refused)) return held.peek().token;
    const [since, before] = [Date.now(), epoch];
    let tokens;
    try {
      tokens = await exchange();
    } catch (error) {
      if (error.status === 401 && (held.peek()?.at ?? 0) <= since) {
        forget();
        tabs.tellOut(since);
        throw signedOut();
      }
      if (fresh(held.peek(), 0, refused)) return held.peek().token; // for as long as it lives
      throw error;
    }
    if (epoch !== before) throw signedOut(); // meanwhile
    taken(tokens, since);
    return held.peek().token;
  }

  function exchange() {
    return call(base + refresh, { method: "POST", headers: headersOf(), body: client ? {} : undefined });
  }

  const signedOut = () => new ApiError(401, "UNAUTHENTICATED", "signed out");

  // ----------------------------------------------------------------------------------------- beginning

  /**
   * Find out who is signed in. Never throws: without an answer `user` stays undefined and `trouble` says why,
   * while it goes on trying.
   */
  function start() {
    started ??= find(0);
    return started;
  }

  async function find(tries) {
    if (user.peek() !== undefined) return;
    try {
      if (remembered(`${name}-leaving`)) await leaveNow();
      else await token();
    } catch (error) {
      if (user.peek() !== undefined) return;
      trouble.value = error;
      const wait = Math.max((error.retryAfter ?? 0) * 1000, Math.min(15_000, 1000 * 2 ** tries));
      soon(wait).then(() => find(tries + 1));
    }
  }

  /** Wait so long, or until there is a reason to hope. */
  function soon(ms) {
    return new Promise((resolve) => {
      const timer = setTimeout(done, ms);
      const end = onReturn(done);
      function done() {
        clearTimeout(timer);
        end();
        resolve();
      }
      retry = done;
    });
  }

  // --------------------------------------------------------------------------------------------- calls

  /**
   * @param {string} method
   * @param {string} path
   * @param {{body?: unknown, query?: object, key?: boolean|string, anonymous?: boolean|"optional",
   *   signal?: AbortSignal}} options `key`: safe to repeat, by an Idempotency-Key (made here, or this one);
   *   `anonymous`: without token; "optional": with one if signed in
   */
  async function request(method, path, { body, query, key, anonymous = false, signal } = {}) {
    const url = base + path + search(query);
    const headers = key ? { "Idempotency-Key": key === true ? uuid() : key } : {};
    const until = Date.now() + REPEATING;
    const who = user.peek()?.id; // what they asked for, nobody else does
    for (let tries = 0; ; tries += 1) {
      try {
        return await once(method, url, { body, headers, anonymous, signal, who });
      } catch (error) {
        const again = error instanceof ApiError && (error.isPassing || error.code === "IN_PROGRESS");
        const jitter = 200 + Math.random() * Math.min(LONGEST_PAUSE, 400 * 2 ** tries);
        const wait = Math.max((error?.retryAfter ?? 0) * 1000, jitter);
        if (!key || !again || Date.now() + wait > until) throw error;
        await pause(wait, signal);
      }
    }
  }

  async function once(method, url, { body, headers, anonymous, signal, who }) {
    const send = (bearer) =>
      call(url, { method, body, signal, headers: { ...headers, ...headersOf(bearer) } });
    const mine = async (asked) => {
      const bearer = await token(asked);
      if (who && user.peek()?.id !== who) throw signedOut();
      return bearer;
    };
    if (anonymous === true || (anonymous && !user.peek())) return send();
    const bearer = await mine();
    try {
      return await send(bearer);
    } catch (error) {
      if (error.status !== 401 || error.code !== "UNAUTHENTICATED") throw error;
      return send(await mine({ refused: bearer }));
    }
  }

  return {
    user, expires, trouble, start, signedIn, signOut, setUser, token,
    retryNow: () => retry(),
    get: (path, options) => request("GET", path, options),
    post: (path, body, options) => request("POST", path, { ...options, body }),
    put: (path, body, options) => request("PUT", path, { ...options, body }),
    patch: (path, body, options) => request("PATCH", path, { ...options, body }),
    del: (path, options) => request("DELETE", path, options),
  };
}
