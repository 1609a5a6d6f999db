// A payment that waits for its money: the hosted page, opened again, and the way on once the money is here.

import { html, signal, useEffect, useState } from "common/html.js";
import { poll } from "common/polling.js";
import { rupiah } from "common/texts.js";
import { Button, Countdown, Notice } from "common/ui.js";
import { blocked, check, dearer, openPage, openedByHand, pay } from "../model/paying.js";
import { wasOpened } from "../model/opened.js";
import { t } from "../texts.js";

const ASKING = 10_000; // ms between two questions; the frame is usually faster

const PATIENT = 2; // vain questions, after which somebody may want help

const vain = signal({ id: null, times: 0 });
const isAsked = (payment) => vain.value.id === payment.id;

/** Whether somebody says again and again that they have paid, and we see nothing of it. */
export const isVain = (payment) => isAsked(payment) && vain.value.times >= PATIENT;

/** Whole seconds that a payment's window lasts. */
function windowOf(payment) {
  return Math.round((Date.parse(payment.expires_at) - Date.parse(payment.created_at)) / 1000);
}

/** The time left to pay. */
export function TimeToPay({ payment }) {
  return html`<${Countdown} until=${payment.expires_at} total=${windowOf(payment)} shape="bar"
    label=${t("time_left_to_pay")} testid="payment_countdown"
    onEnd=${() => setTimeout(() => check(payment), 1500)} />`;
}

/** Asks for the money now and then, and at once when somebody comes back from the hosted page. */
export function useWatch(payment) {
  useEffect(() => {
    if (payment.provider !== "xendit") return undefined;
    const asking = poll(() => check(payment), { every: ASKING });
    addEventListener("focus", asking.now);
    return () => {
      removeEventListener("focus", asking.now);
      asking.stop();
    };
  }, [payment.id]);
}

/** What is to be done about a pending payment. @param {{payment: object, label: string}} props */
export function Money({ payment, label }) {
  const other = dearer.value === payment.id && html`<${Notice} kind="warning" live
    testid="payment_dearer_notice">${t("dearer", { amount: rupiah(payment.amount) })}<//>`;
  return html`${other}${payment.provider === "xendit"
    ? html`<${Hosted} payment=${payment} />`
    : html`<${Button} testid="payment_pay_button" onClick=${() => pay(payment)}>${label}<//>`}`;
}

function Hosted({ payment }) {
  const [said, say] = useState(false);
  if (!payment.xendit_invoice_url) {
    return html`<${Button} busy testid="payment_open_button">${t("waiting_page")}<//>`;
  }
  const stopped = blocked.value === payment.id;
  const opened = wasOpened(payment.id);
  return html`
    ${stopped && html`<${Notice} kind="warning" live testid="payment_blocked_notice">
      ${t("waiting_blocked")}<//>`}
    ${said && html`<p class="soft" role="status">${t("not_there_yet")}</p>`}
    ${stopped || !opened
      ? html`<a class="button primary" role="button" href=${payment.xendit_invoice_url} target="_blank"
          rel="noopener" data-testid="payment_open_button"
          onClick=${() => openedByHand(payment)}>${t("open_page")}</a>`
      : html`<${Button} kind="quiet" testid="payment_open_button" onClick=${() => openPage(payment)}>
          ${t("open_page_again")}<//>`}
    <${Button} kind="link" testid="payment_check_button" onClick=${async () => {
      say(false);
      const now = await check(payment);
      if (now?.status !== "pending") return;
      say(true);
      vain.value = { id: payment.id, times: isAsked(payment) ? vain.peek().times + 1 : 1 };
    }}>${t("check_now")}<//>`;
}
