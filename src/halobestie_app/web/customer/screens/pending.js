// A payment that was begun: what for, how long it may still be paid, what to do; and one that ran out.

import { html } from "common/html.js";
import { replace } from "common/router.js";
import { Button, Icon, Page } from "common/ui.js";
import { evening, leave } from "../model/app.js";
import { hadPage, wasOpened } from "../model/opened.js";
import { goBack, mayCancel } from "../model/paying.js";
import { t } from "../texts.js";
import { Money, TimeToPay, isVain, useWatch } from "./money.js";
import { Support } from "./parts.js";
import { priceText } from "./tiers.js";

export function Pending() {
  const payment = evening.payment.value;
  useWatch(payment);
  const hosted = payment.provider === "xendit";
  const text = !hosted ? "pending_text" : wasOpened(payment.id) ? "waiting_text" : null;
  const goHome = () => {
    goBack(payment);
    replace("/");
  };
  return html`<${Page} title=${t(hosted ? "waiting_title" : "pending_title")} back=${goHome}
    testid="payment_waiting_screen"
    bottom=${html`<${Money} payment=${payment} label=${t(payment.amount === 0 ? "begin" : "pay")} />
      ${hosted && !mayCancel(payment) && html`<p class="soft fine">${t("waiting_leave")}</p>`}`}>
    ${text && html`<p class="soft">${t(text)}</p>`}
    <div class="card bill">
      <p><span>${t("payment_for_chat", { count: payment.duration_minutes })}</span>
        <strong data-testid="payment_total">${priceText(payment.amount)}</strong></p>
      <${TimeToPay} payment=${payment} />
    </div>
    ${isVain(payment) ? html`<${Support} />`
      : hosted && html`<div class="breathing" aria-hidden="true"><i></i><i></i><i></i></div>`}
  <//>`;
}

export function Expired() {
  const payment = evening.payment.value;
  const away = (path) => {
    leave(payment.id);
    replace(path);
  };
  return html`<${Page} title=${t("expired_title")} testid="payment_expired_screen" class="moment"
    bottom=${html`
      <${Button} testid="expired_again_button" onClick=${() => away("/pay")}>${t("expired_again")}<//>
      <${Button} kind="quiet" testid="expired_home_button" onClick=${() => away("/")}>
        ${t("failed_home")}<//>`}>
    <span class="empty-icon"><${Icon} name="clock" size=${32} /></span>
    <p class="lead">${t(hadPage(payment) ? "expired_open" : "expired_text")}</p>
    ${hadPage(payment) && html`<p class="soft">${t("paid_after_all")}</p><${Support} />`}
  <//>`;
}
