// Which screen is shown, what lies over all of them (cards, toasts, the bar without a connection), the ways.

import { html, useEffect } from "common/html.js";
import { route } from "common/router.js";
import { OfflineBar, Problem, Skeleton, Toasts } from "common/ui.js";
import { api, desk, logs, socket } from "../model/app.js";
import { t } from "../texts.js";
import { Cards } from "./cards.js";
import { ChatScreen } from "./chat.js";
import { Extensions } from "./extensions.js";
import { History } from "./history.js";
import { Home } from "./home.js";
import { Invitations } from "./invitations.js";
import { Login } from "./login.js";
import { Navigation } from "./navigation.js";
import { Profile } from "./profile.js";

const SCREENS = {
  undefined: Home,
  invitations: Invitations,
  extensions: Extensions,
  history: History,
  profile: Profile,
  chat: ChatScreen,
};

export function App() {
  const user = api.user.value;
  return html`
    <${OfflineBar} socket=${user ? socket : undefined} />
    ${user === undefined && html`<${Starting} />`}
    ${user === null && html`<${Login} />`}
    ${user && html`<${SignedIn} key=${user.id} />`}
    <${Toasts} />
  `;
}

function Starting() {
  return html`<main class="page" data-testid="starting">
    ${api.trouble.value
      ? html`<${Problem} error=${api.trouble.value} retry=${api.retryNow} />`
      : html`<${Skeleton} lines=${3} shape="card" />`}
  </main>`;
}

function SignedIn() {
  const name = route.value.parts[0];
  const Screen = SCREENS[name] ?? Home;
  const inChat = Screen === ChatScreen;
  useTitle();
  return html`
    <div class="mitra" data-screen=${inChat ? "chat" : name ?? "home"}>
      <${Cards} />
      <${Screen} key=${inChat ? `chat-${route.value.parts[1]}` : name} id=${route.value.parts[1]} />
      <${Navigation} />
    </div>`;
}

/** What waits is to be seen on the tab of the browser, too. */
function useTitle() {
  const waiting = desk.offers.value.length + desk.extensions.value.length;
  const unread = [...logs.value.values()].reduce((sum, log) => sum + log.unread.value, 0);
  const count = waiting + unread;
  const { path } = route.value;
  useEffect(() => {
    const plain = document.title.replace(/^\(\d+\) /, "") || t("app");
    document.title = count ? `(${count}) ${plain}` : plain;
  }, [count, path]);
}
