// Home: one button, on only while somebody is there; and whatever still waits for this person.

import { html } from "common/html.js";
import { go } from "common/router.js";
import { duration, rupiah } from "common/texts.js";
import { secondsLeft, serverNow } from "common/time.js";
import { Button, Notice, Page } from "common/ui.js";
import { api, evening, takeUp } from "../model/app.js";
import { available, says, useAvailability } from "../model/availability.js";
import { putAside, useOwed } from "../model/owed.js";
import { resume } from "../model/paying.js";
import { isReusable } from "../model/where.js";
import { t } from "../texts.js";
import { Nav } from "./parts.js";

export function Home() {
  useAvailability();
  const there = available.value;
  const user = api.user.value;
  const [said, more] = says();
  const state = there === true ? "yes" : there === false ? "no" : "unknown";
  return html`<${Page} title=${t("hello", { name: user.display_name })} testid="home_screen">
    <section class="hero">
      <h2>${t("home_title")}</h2>
      <p class="soft">${t("home_text")}</p>
      <${Button} testid="home_start_button" class="large" disabled=${there !== true}
        aria-describedby="availability" onClick=${() => { if (available.peek() === true) go("/pay"); }}>
        ${t("home_start")}<//>
      <p id="availability" class="availability" role="status" data-state=${state}
        data-testid="home_availability">
        ${t(said)}</p>
      <p class="soft more">${more ? t(more) : "\u00a0"}</p>
    </section>
    <${Waiting} />
    <${Owed} />
    ${user?.is_anonymous && html`<${Notice} kind="info" title=${t("home_keep")} testid="home_keep_notice"
      action=${html`<a href="#/phone" data-testid="home_keep_link">${t("home_keep_action")}</a>`}>
      ${t("home_keep_text")}<//>`}
  <//><${Nav} here="home" />`;
}

/** A payment that was left waiting, or money that can still be used. */
function Waiting() {
  const payment = evening.payment.value;
  const left = secondsLeft(payment?.status === "pending" ? payment.expires_at : payment?.fallback_until);
  if (!payment || left === 0) return null;
  if (payment.status === "pending") {
    return html`<${Notice} kind="warning" testid="home_payment_notice"
      title=${t("home_waiting_payment", { amount: payment.amount ? rupiah(payment.amount) : t("free") })}
      action=${html`<${Button} kind="quiet" testid="home_payment_button" onClick=${() => resume(payment)}>
        ${t("home_waiting_payment_action")}<//>`}>
      ${t("home_waiting_payment_text", { left: duration(left) })}<//>`;
  }
  if (!isReusable(payment, serverNow())) return null;
  return html`<${Notice} kind="warning" testid="home_reuse_notice" title=${t("home_reusable")}
    action=${html`<${Button} kind="quiet" testid="home_reuse_button" onClick=${() => takeUp(payment.id)}>
      ${t("failed_retry")}<//>`}>
    ${t("home_reusable_text", { left: duration(left) })}<//>`;
}

/** Money that comes back, and why, until it was read. */
function Owed() {
  const owed = useOwed();
  if (!owed.length) return null;
  const amount = rupiah(owed.reduce((sum, one) => sum + one.amount, 0));
  const why = owed.length === 1 ? t(`cause_${owed[0].cause_tag}`) : t("owed_many", { count: owed.length });
  return html`<${Notice} kind="info" testid="home_owed_notice" title=${t("owed", { amount })}
    action=${html`<div class="row">
      <${Button} kind="link" testid="home_owed_ok_button" onClick=${() => putAside(owed)}>${t("ok")}<//>
      <a href="#/payments" data-testid="home_owed_link">${t("settings_payments")}</a></div>`}>
    ${why} ${t("refund_due_text")}<//>`;
}
