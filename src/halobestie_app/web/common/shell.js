// What both service workers do: keep an app's shell, so that it opens without a network.
//
// Keeps no answer of the server, ever. Loaded by them with importScripts(), so no module.

/**
 * @param {string} name of the cache
 * @param {string[]} prefixes of the paths that are ours
 */
self.keepShell = (name, prefixes) => {
  self.addEventListener("install", () => self.skipWaiting());
  self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

  /** The network first, so that nobody runs yesterday's app; what was kept only when there is none. */
  async function shell(request, { origin, pathname }) {
    const place = origin + pathname; // one copy of each file, whatever else the address says
    const kept = await caches.open(name);
    try {
      const answer = await fetch(request);
      if (answer.ok && answer.type === "basic") await kept.put(place, answer.clone());
      return answer;
    } catch (error) {
      const found = await kept.match(place);
      if (found) return found;
      throw error;
    }
  }

  self.addEventListener("fetch", (event) => {
    const url = new URL(event.request.url);
    const ours = url.origin === self.location.origin
      && prefixes.some((prefix) => url.pathname.startsWith(prefix));
    if (ours && event.request.method === "GET") event.respondWith(shell(event.request, url));
  });
};
