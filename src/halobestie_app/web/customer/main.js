// The customer's app: which screen is shown, and nothing else. What is shown follows from model/where.js.

import { html, render, useEffect, useRef } from "common/html.js";
import { OfflineBar, Toasts } from "common/ui.js";
import "common/theme.js";
import { screen, socket, start } from "./model/app.js";
import { watchLeaving } from "./model/paying.js";
import { watchPaid } from "./model/searching.js";
import { watchMore } from "./model/talking.js";
import { Asking } from "./screens/asking.js";
import { Chat } from "./screens/chat.js";
import { Failed } from "./screens/failed.js";
import { Found } from "./screens/found.js";
import { History } from "./screens/history.js";
import { Home } from "./screens/home.js";
import { Loading } from "./screens/loading.js";
import { Over } from "./screens/over.js";
import { Past } from "./screens/past.js";
import { Pay } from "./screens/pay.js";
import { Payments } from "./screens/payments.js";
import { Expired, Pending } from "./screens/pending.js";
import { Phone } from "./screens/phone.js";
import { Searching } from "./screens/searching.js";
import { Settings } from "./screens/settings.js";
import { Start } from "./screens/start.js";

const SCREENS = {
  loading: Loading, start: Start, phone: Phone, home: Home, pay: Pay, payment: Pending, expired: Expired,
  searching: Searching, asking: Asking, found: Found, failed: Failed, chat: Chat, over: Over,
  history: History, past: Past, settings: Settings, payments: Payments,
};

function App() {
  const name = screen.value;
  const Screen = SCREENS[name];
  const before = useRef(name);
  useEffect(() => {
    // What was on the screen is gone, and its focus with it: go on at the top, where the new one is.
    if (before.current !== name && !document.activeElement?.isConnected) document.body.focus();
    if (before.current !== name) scrollTo(0, 0);
    document.documentElement.dataset.screen = name;
    before.current = name;
  }, [name]);
  return html`<${OfflineBar} socket=${socket} /><${Screen} key=${name} /><${Toasts} />`;
}

start();
watchLeaving();
watchPaid();
watchMore();
render(html`<${App} />`, document.getElementById("app"));

if ("serviceWorker" in navigator) {
  addEventListener("load", () => {
    navigator.serviceWorker.register("/app/sw.js", { scope: "/app/" }).catch(() => {});
  });
}
