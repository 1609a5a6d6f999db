// The shell of the mitra's app, so that it opens without a network. Keeps no answer of the server, ever.

const SHELL = "mitra-shell";
const OURS = ["/mitra/", "/common/", "/vendor/"];

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

/** A tap on a notification leads to the app, to the window that is open if there is one. */
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const path = event.notification.data?.path ?? "/";
  event.waitUntil((async () => {
    const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
    const open = windows.find((each) => new URL(each.url).pathname.startsWith("/mitra/"));
    if (!open) return self.clients.openWindow(`/mitra/#${path}`);
    open.postMessage({ type: "go", path });
    return open.focus();
  })());
});
