// Somebody is there: their name, then the chat.

import { html, useEffect } from "common/html.js";
import { Button, Icon } from "common/ui.js";
import { evening, stopGreeting } from "../model/app.js";
import { t } from "../texts.js";

export function Found() {
  const name = evening.session.value?.mitra.display_name ?? "";
  const title = t("found_title"); // seen on the tab of the browser, too
  useEffect(() => { document.title = `${title} · Halo Bestie`; }, [title]);
  return html`<main class="overlay found" data-testid="found_screen">
    <div class="card overlay-card" role="status">
      <span class="found-mark"><${Icon} name="heart" size=${36} /></span>
      <h1>${t("found_title")}</h1>
      <p class="lead"><strong data-testid="found_name">${name}</strong></p>
      <p class="soft">${t("found_text", { name })}</p>
    </div>
    <${Button} testid="found_go_button" onClick=${stopGreeting}>${t("found_go")}<//>
  </main>`;
}
