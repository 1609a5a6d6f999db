// Starts the control center: who is signed in decides between the sign-in page and the shell.

import { effect, html, render } from "common/html.js";
import { language } from "common/texts.js";
import { Skeleton, Toasts } from "common/ui.js";
import { api } from "./api.js";
import { follow } from "./live.js";
import { Shell } from "./shell.js";
import { SignIn } from "./sign_in.js";
import { t } from "./texts.js";

function App() {
  const user = api.user.value;
  language.value; // every text is drawn anew in another language
  if (user === undefined) {
    return html`<main class="cc-waiting" aria-busy="true"><${Skeleton} lines=${6} /></main>`;
  }
  return html`${user === null ? html`<${SignIn} />` : html`<${Shell} user=${user} />`}<${Toasts} />`;
}

effect(() => follow(Boolean(api.user.value)));
effect(() => {
  if (!api.user.value) document.title = t("app_title");
});

render(html`<${App} />`, document.getElementById("app"));
api.start();
