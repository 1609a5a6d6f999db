// The machines with their counts, asked for while somebody looks; and for a moment, what has just fired.

import { signal, useEffect } from "common/html.js";
import { poll } from "common/polling.js";
import { serverNow } from "common/time.js";
import { api } from "../api.js";
import { edgesOf } from "./edges.js";

const EVERY = 2000;
const GLOW = 3500;

/** The latest answer of GET /internal/audit/machines; null before the first. */
export const traffic = signal(null);
/** When it came (ms of the server's clock), and what went wrong since; null when nothing did. */
export const heardAt = signal(0);
export const trouble = signal(null);
/** Edges that just fired: "machine edge-key" -> by how many. */
export const fired = signal(new Map());

/** Keep the counts fresh for as long as the component is there. */
export function useTraffic() {
  useEffect(() => poll(look, { every: EVERY }).stop, []);
  return traffic.value;
}

/** Ask now. */
export async function look(ending) {
  try {
    const found = await api.get("/internal/audit/machines", { signal: ending });
    const before = traffic.peek();
    traffic.value = found;
    heardAt.value = serverNow();
    trouble.value = null;
    if (before) compare(before, found);
  } catch (error) {
    if (ending?.aborted) return;
    trouble.value = error;
    throw error;
  }
}

function compare(before, after) {
  const counts = counted(before);
  const news = [...counted(after)]
    .map(([key, count]) => [key, count - (counts.get(key) ?? 0)])
    .filter(([, more]) => more > 0);
  if (!news.length) return;
  fired.value = new Map([...fired.peek(), ...news]);
  setTimeout(() => {
    const rest = new Map(fired.peek());
    for (const [key] of news) rest.delete(key);
    fired.value = rest;
  }, GLOW);
}

function counted({ machines }) {
  return new Map(machines.flatMap((machine) => [
    [`${machine.name} `, machine.opened],
    ...edgesOf(machine).map((edge) => [`${machine.name} ${edge.key}`, edge.count]),
  ]));
}
