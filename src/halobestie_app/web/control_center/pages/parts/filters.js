// Filters that live in the address: shareable, kept on reload, and Back undoes them.
import { replace, route } from "common/router.js";

/**
 * Read what the address asks for.
 *
 * @param {string[]} lists names that may hold several values, comma-separated.
 * @returns {{text: (name: string) => string, list: (name: string) => string[], offset: number}}
 */
export function asked() {
  const query = route.value.query;
  return {
    text: (name) => query.get(name) ?? "",
    list: (name) => (query.get(name) ?? "").split(",").filter(Boolean),
    offset: Math.max(0, Number.parseInt(query.get("offset") ?? "0", 10) || 0),
  };
}

/**
 * Change part of what the address asks for; an empty value takes it out. Whatever is changed, the first
 *   page follows.
 *
 * @param {Record<string, string|string[]|number|null>} changes
 */
export function ask(changes) {
  const query = new URLSearchParams(route.value.query);
  if (!("offset" in changes)) query.delete("offset");
  for (const [name, value] of Object.entries(changes)) {
    const text = Array.isArray(value) ? value.join(",") : String(value ?? "");
    if (text === "" || (name === "offset" && text === "0")) query.delete(name);
    else query.set(name, text);
  }
  const text = query.toString().replaceAll("%2C", ",");
  replace(text ? `${route.value.path}?${text}` : route.value.path);
}

/** Give the day (YYYY-MM-DD) on which it is `ago` days ago in Jakarta, where no clock is ever put forward. */
export function jakartaDay(nowMs, ago = 0) {
  const sevenHours = 7 * 3_600_000;
  return new Date(nowMs + sevenHours - ago * 86_400_000).toISOString().slice(0, 10);
}
