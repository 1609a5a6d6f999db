// The shell of the customer's app, so that it opens without a network. Keeps no answer of the server, ever.

const SHELL = "customer-shell";
const OURS = ["/app/", "/common/", "/vendor/"];

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

/** The network first, so that nobody runs yesterday's app; what was kept only when there is none. */
async function shell(request) {
  const kept = await caches.open(SHELL);
  try {
    const answer = await fetch(request);
    if (answer.ok && answer.type === "basic") await kept.put(request, answer.clone());
    return answer;
  } catch (error) {
    const found = await kept.match(request, { ignoreSearch: request.mode === "navigate" });
    if (found) return found;
    throw error;
  }
}

self.addEventListener("fetch", (event) => {
  const { origin, pathname } = new URL(event.request.url);
  const ours = origin === self.location.origin && OURS.some((prefix) => pathname.startsWith(prefix));
  if (ours && event.request.method === "GET") event.respondWith(shell(event.request));
});
