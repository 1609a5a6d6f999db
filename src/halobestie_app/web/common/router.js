// Where in the app one is: paths behind the #, so that every screen has an address. Knows no screen.

import { signal } from "common/html.js";

/** @typedef {{path: string, parts: string[], query: URLSearchParams}} Route */

function read() {
  const [path, query = ""] = location.hash.replace(/^#/, "").split("?", 2);
  const parts = path.split("/").filter(Boolean).map(decoded);
  return { path: `/${parts.map(encodeURIComponent).join("/")}`, parts, query: new URLSearchParams(query) };
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The present route; `#/chat/123?from=home` is `{path: "/chat/123", parts: ["chat", "123"], query}`. */
export const route = signal(read());

function address(path) {
  return `${location.pathname}${location.search}#${path.startsWith("/") ? path : `/${path}`}`;
}

function depth() {
  return history.state?.depth ?? 0;
}

let here = depth();
history.replaceState({ depth: here }, ""); // so that only an entry made by a plain link has none

/** Say where one is now; a plain link has led one further than before. */
function moved() {
  if (history.state?.depth === undefined) history.replaceState({ depth: here + 1 }, "");
  here = depth();
  route.value = read();
}

/**
 * Go to a path; the present one stays behind "back". Going where one is does nothing.
 *
 * @param {string} path such as "/payment?minutes=30"
 */
export function go(path) {
  if (address(path) === address(location.hash.replace(/^#/, "") || "/")) return;
  history.pushState({ depth: depth() + 1 }, "", address(path));
  moved();
}

/**
 * Go to a path in place of the present one: "back" leads to what was before.
 *
 * @param {string} path
 */
export function replace(path) {
  history.replaceState({ depth: depth() }, "", address(path));
  moved();
}

/**
 * Go back; where this app has no "before" (it was opened here), to `otherwise`.
 *
 * @param {string} [otherwise]
 */
export function back(otherwise = "/") {
  if (depth() > 0) history.back();
  else replace(otherwise);
}

addEventListener("popstate", moved);
addEventListener("hashchange", moved);
