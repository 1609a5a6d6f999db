// Starts the control center: who is signed in decides between the sign-in page and the shell.

import { effect, html, render } from "common/html.js";
import { Problem, Skeleton, Toasts } from "common/ui.js";
import { api } from "./api.js";
import { follow } from "./live.js";
import { Shell } from "./shell.js";
import { SignIn } from "./sign_in.js";
import { t } from "./texts.js";

function App() {
  const user = api.user.value;
  if (user === undefined) {
    const trouble = api.trouble.value;
    return html`
      <main class="cc-waiting" aria-busy=${String(!trouble)}>
        <h1 class="cc-unseen">${t("app_title")}</h1>
        ${trouble && html`<${Problem} error=${trouble} retry=${api.retryNow} />`}
        <${Skeleton} lines=${6} />
      </main>`;
  }
  return html`${user === null ? html`<${SignIn} />` : html`<${Shell} user=${user} />`}<${Toasts} />`;
}

effect(() => follow(Boolean(api.user.value)));
effect(() => {
  if (!api.user.value) document.title = t("app_title");
});

render(html`<${App} />`, document.getElementById("app"));
api.start();
