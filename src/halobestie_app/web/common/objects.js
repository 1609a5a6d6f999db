// Level, not edge: of each object only its newest version is kept, in whatever order they come.

import { signal } from "common/html.js";

/** @returns {import("@preact/signals").Signal<Map<string, object>>} an empty collection */
export function objects() {
  return signal(new Map());
}

/**
 * Keep this object unless a newer version of it is known. An equal version is taken: members that follow the
 * clock (`seconds_left`, `fallback_available`) change without one.
 *
 * @param {{value: Map<string, object>}} map a signal that holds a Map; it gets a new Map at each change
 * @param {{id: string, version?: number}|null|undefined} object
 * @returns {boolean} whether it was taken
 */
export function newest(map, object) {
  if (!object) return false;
  const known = map.peek().get(object.id);
  if (known && object.version < known.version) return false;
  map.value = new Map(map.peek()).set(object.id, object);
  return true;
}

/**
 * Forget an object that is over.
 *
 * @param {{value: Map<string, object>}} map
 * @param {string} id
 */
export function forget(map, id) {
  if (!map.peek().has(id)) return;
  const rest = new Map(map.peek());
  rest.delete(id);
  map.value = rest;
}
