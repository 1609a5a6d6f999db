// Curhat lagi: one bestie is asked, and has so many seconds to answer.

import { html, useState } from "common/html.js";
import { route } from "common/router.js";
import { Button, Countdown, Problem } from "common/ui.js";
import { evening } from "../model/app.js";
import { search, searchProblem } from "../model/searching.js";
import { t } from "../texts.js";
import { CancelDialog } from "./searching.js";

const PATIENCE = 1500; // ms that the answer may take after the last second

export function Asking() {
  const request = evening.request.value;
  const payment = evening.payment.value;
  const [sure, ask] = useState(false);
  const open = request?.status === "pending";
  const name = request?.targeted_mitra?.display_name ?? route.value.query.get("name") ?? t("this_bestie");
  const problem = searchProblem.value;
  return html`<main class="overlay" data-testid="asking_overlay">
    <div class="card overlay-card" role="status">
      <h1>${t("asking_title")}</h1>
      <p class="soft">${t("asking_text", { name })}</p>
      ${open
        ? html`<${Countdown} until=${request.deadline_at} total=${request.timeout_seconds}
            testid="asking_countdown"
            onEnd=${() => setTimeout(() => evening.readRequest(request.id), PATIENCE)} />`
        : html`<div class="breathing" aria-hidden="true"><i></i><i></i><i></i></div>`}
    </div>
    ${problem && html`<${Problem} error=${problem} retry=${() => search(payment)} />`}
    <${Button} kind="quiet" testid="search_cancel_button" onClick=${() => ask(true)}>${t("asking_cancel")}<//>
    <${CancelDialog} open=${sure} close=${() => ask(false)} />
  </main>`;
}
