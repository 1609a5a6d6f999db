// The shell of the mitra's app, so that it opens without a network. Keeps no answer of the server, ever.

importScripts("/common/shell.js");
self.keepShell("mitra-shell", ["/mitra/", "/common/", "/vendor/"]);

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
