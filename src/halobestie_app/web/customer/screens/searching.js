// The search: how long it has lasted, and the way out of it.

import { html, useState } from "common/html.js";
import { clock, rupiah } from "common/texts.js";
import { tick } from "common/time.js";
import { Button, Dialog, Page, Problem, toast } from "common/ui.js";
import { evening } from "../model/app.js";
import { cancelSearch, search, searchProblem } from "../model/searching.js";
import { t } from "../texts.js";

/** Seconds since an instant, on the server's clock. */
const since = (instant) => Math.max(0, tick.value - Math.floor(Date.parse(instant) / 1000));

export function Searching() {
  const request = evening.request.value;
  const payment = evening.payment.value;
  const [sure, ask] = useState(false);
  const open = request?.status === "pending";
  const problem = searchProblem.value;
  return html`<${Page} title=${t("search_title")} testid="search_screen" class="moment"
    bottom=${html`<${Button} kind="quiet" testid="search_cancel_button" onClick=${() => ask(true)}>
      ${t("search_cancel")}<//>`}>
    <div class="breathing" aria-hidden="true"><i></i><i></i><i></i></div>
    <p class="lead">${t("search_text")}</p>
    <p class="elapsed" data-testid="search_elapsed">
      ${open ? t("search_elapsed", { time: clock(since(request.created_at)) }) : t("search_starting")}</p>
    ${problem && html`<${Problem} error=${problem} retry=${() => search(payment)} />`}
    <${CancelDialog} open=${sure} close=${() => ask(false)} />
  <//>`;
}

/** Asks once before a paid search is given up. */
export function CancelDialog({ open, close }) {
  const payment = evening.payment.value;
  const request = evening.request.value;
  const id = request?.status === "pending" ? request.payment_session_id : payment?.id;
  const text = payment?.amount > 0
    ? t("search_cancel_money", { amount: rupiah(payment.amount) })
    : t("search_cancel_free");
  const cancel = async () => {
    if (await cancelSearch(id)) toast(t("search_cancelled"), "info");
    close();
  };
  return html`<${Dialog} open=${open} title=${t("search_cancel_sure")} onClose=${close}
    testid="search_cancel_dialog" actions=${html`
      <${Button} kind="quiet" testid="search_go_on_button" onClick=${close}>${t("search_go_on")}<//>
      <${Button} kind="danger" testid="search_cancel_sure_button" onClick=${cancel}>
        ${t("search_cancel")}<//>`}>
    <p>${text}</p>
  <//>`;
}
