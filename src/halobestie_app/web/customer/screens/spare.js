// Money of before that can still be used, where one is about to pay anew: to pay would give it up.

import { html } from "common/html.js";
import { duration, rupiah } from "common/texts.js";
import { secondsLeft, serverNow } from "common/time.js";
import { Button, Dialog, Notice } from "common/ui.js";
import { evening } from "../model/app.js";
import { isReusable } from "../model/where.js";
import { t } from "../texts.js";

/** The payment whose money can still be used for another search, or null. */
export function useSpare() {
  const payment = evening.payment.value;
  const left = secondsLeft(payment?.fallback_until); // so that it ends on time
  return left > 0 && isReusable(payment, serverNow()) ? payment : null;
}

const values = (spare) => ({
  amount: rupiah(spare.amount),
  count: spare.duration_minutes,
  left: duration(secondsLeft(spare.fallback_until)),
});

/** Says that it is there, and uses it. */
export function SpareNotice({ spare, use }) {
  return html`<${Notice} kind="warning" title=${t("home_reusable")} testid="spare_notice"
    action=${html`<${Button} kind="quiet" testid="spare_use_button" onClick=${use}>${t("spare_use")}<//>`}>
    ${t(spare.amount > 0 ? "spare_text" : "spare_text_free", values(spare))}<//>`;
}

/** Asks once before it is given up for a new payment. */
export function SpareDialog({ spare, close, use, pay }) {
  return html`<${Dialog} open title=${t("spare_sure")} onClose=${close} testid="spare_dialog" actions=${html`
    <${Button} kind="quiet" testid="spare_pay_button" onClick=${async () => {
      await pay();
      close();
    }}>${t("spare_pay")}<//>
    <${Button} testid="spare_dialog_use_button" onClick=${use}>${t("spare_use")}<//>`}>
    <p>${t("spare_sure_text", values(spare))}</p>
  <//>`;
}
