// One HTTP call: its time-out, its answer, its failure. Knows no token.

import { noteServerTime } from "common/time.js";

const PATIENCE = 10_000; // ms until a call is given up
const DATE_LAG = 2000; // ms that a Date header may lie behind

/**
 * A call that failed. `code` is the problem's code, "OFFLINE" where no answer came (status 0); `body` is the
 * whole problem (`reason`, `errors`, `session_id`, `current`, ...); `retryAfter` is in seconds, or null.
 */
export class ApiError extends Error {
  constructor(status, code, detail, body = {}, retryAfter = null) {
    super(detail || code);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.detail = detail;
    this.body = body;
    this.retryAfter = retryAfter;
  }

  /** Whether nothing was heard of the server: what was asked may have been done or not. */
  get isNetwork() {
    return this.status === 0;
  }

  /** Whether the same may succeed in a moment. */
  get isPassing() {
    return this.isNetwork || this.status === 503 || this.status === 502 || this.status === 504;
  }
}

/**
 * @param {string} url
 * @param {{method?: string, headers?: Record<string, string>, body?: unknown, signal?: AbortSignal}} options
 * @returns {Promise<any>} the answer's JSON, null where there is none. Throws ApiError; an AbortError when
 *   `signal` was aborted.
 */
export async function call(url, { method = "GET", headers = {}, body, signal } = {}) {
  signal?.throwIfAborted();
  const sent = Date.now();
  const ended = new AbortController();
  const timer = setTimeout(() => ended.abort(), PATIENCE);
  const aborted = () => ended.abort(signal.reason);
  signal?.addEventListener("abort", aborted, { once: true });
  try {
    const response = await fetch(url, {
      method,
      headers: body === undefined ? headers : { ...headers, "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin",
      cache: "no-store",
      redirect: "error",
      signal: ended.signal,
    });
    const date = response.headers.get("Date");
    if (date) noteServerTime(date, sent, Date.now(), DATE_LAG);
    const text = await response.text();
    if (response.ok) return text ? JSON.parse(text) : null;
    throw refused(response, text);
  } catch (error) {
    if (error instanceof ApiError) throw error;
    signal?.throwIfAborted();
    throw new ApiError(0, "OFFLINE", String(error?.message ?? error));
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", aborted);
  }
}

function refused(response, text) {
  let body = {};
  try {
    body = JSON.parse(text);
  } catch {
    // Somebody between us and the server answered in another format.
  }
  const code = body.code ?? (response.status >= 502 ? "UNAVAILABLE" : "INTERNAL_ERROR");
  const wait = waiting(response.headers.get("Retry-After"));
  return new ApiError(response.status, code, body.detail ?? "", body, wait);
}

function waiting(header) {
  if (header === null) return null;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds);
  const until = Date.parse(header);
  return Number.isNaN(until) ? null : Math.max(0, Math.ceil((until - Date.now()) / 1000));
}

/**
 * `{cause_tags: ["a", "b"], limit: 50, q: ""}` is "?cause_tags=a&cause_tags=b&limit=50".
 *
 * @param {object} [query] members that are empty are left out
 */
export function search(query) {
  const pairs = Object.entries(query ?? {})
    .flatMap(([key, value]) => (Array.isArray(value) ? value : [value]).map((one) => [key, one]))
    .filter(([, value]) => value !== undefined && value !== null && value !== "");
  return pairs.length ? `?${new URLSearchParams(pairs)}` : "";
}

/** @returns {string} a random UUID, also on pages that are not secure */
export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/**
 * @param {number} ms
 * @param {AbortSignal} [signal] ends it early, by throwing
 */
export function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const done = () => { signal?.removeEventListener("abort", stopped); resolve(); };
    const timer = setTimeout(done, ms);
    const stopped = () => { clearTimeout(timer); reject(signal.reason); };
    signal?.addEventListener("abort", stopped, { once: true });
  });
}
