// The mitra's app: who is here decides between the log-in and the rest.

import { html, render } from "common/html.js";
import "common/theme.js";
import { App } from "./screens/app.js";
import { begin } from "./model/app.js";
import { go } from "common/router.js";

render(html`<${App} />`, document.getElementById("app"));
begin();

if ("serviceWorker" in navigator) {
  navigator.serviceWorker.register("/mitra/sw.js").catch(() => {
    // Without it the app only does not open without a network.
  });
  navigator.serviceWorker.addEventListener("message", ({ data }) => {
    if (data?.type === "go") go(data.path);
  });
}
