// A phone and a code: to come in with, or to attach to an account that has none.

import { html, useEffect, useRef, useState } from "common/html.js";
import { phoneNumber } from "common/phone.js";
import { replace } from "common/router.js";
import { clock, problemText } from "common/texts.js";
import { secondsLeft, serverNow } from "common/time.js";
import { Button, Field, Notice, Page, toast } from "common/ui.js";
import { api, evening } from "../model/app.js";
import { isLive, isOpen } from "../model/evening.js";
import { isReusable } from "../model/where.js";
import { t } from "../texts.js";
import { Form } from "./parts.js";

export function Phone() {
  const [sent, setSent] = useState(null); // {phone, again: ms}
  const attaching = Boolean(api.user.value);
  const title = t(attaching ? "phone_attach_title" : "phone_title");
  const away = () => replace(attaching ? "/settings" : "/");
  if (attaching && wouldLose()) {
    return html`<${Page} title=${title} back=${away} testid="phone_screen">
      <${Notice} kind="info" testid="phone_later_notice">${t("phone_later")}<//><//>`;
  }
  return html`<${Page} title=${title} back=${away} testid="phone_screen">
    <p class="soft">${t(attaching ? "phone_attach_text" : "phone_text")}</p>
    ${sent
      ? html`<${Code} sent=${sent} attaching=${attaching} send=${setSent} other=${() => setSent(null)} />`
      : html`<${Number} sent=${setSent} />`}
  <//>`;
}

/** A phone may turn out to have an account: whoever goes over to that leaves behind what is paid for here. */
function wouldLose() {
  const payment = evening.payment.value;
  return isLive(evening.session.value) || isOpen(payment) || isReusable(payment, serverNow());
}

async function request(phone) {
  const answer = await api.post("/api/client/auth/otp/request", { phone }, { anonymous: true });
  return { phone, again: serverNow() + answer.resend_after * 1000 };
}

function Number({ sent }) {
  const [typed, type] = useState("");
  const [error, setError] = useState("");
  const send = async (event) => {
    event?.preventDefault();
    const phone = phoneNumber(typed);
    if (!phone) {
      setError(t("phone_wrong"));
      return;
    }
    try {
      sent(await request(phone));
    } catch (failure) {
      if (failure.code === undefined) throw failure;
      setError(problemText(failure));
    }
  };
  return html`<${Form} submit=${send} label=${t("phone_send")} testid="login_send_button">
    <${Field} label=${t("phone_label")} hint=${t("phone_hint")} error=${error} testid="login_phone_input"
      type="tel" inputmode="tel" autocomplete="tel" value=${typed} onInput=${(event) => {
        type(event.currentTarget.value);
        setError("");
      }} />
  <//>`;
}

function Code({ sent, attaching, send, other }) {
  const [code, setCode] = useState("");
  const [error, setError] = useState("");
  const left = secondsLeft(sent.again);
  const box = useRef(null);
  useEffect(() => box.current?.querySelector("input")?.focus(), [sent]);
  const verify = async (event) => {
    event?.preventDefault();
    const before = api.user.peek();
    try {
      const body = { phone: sent.phone, code: code.trim() };
      const tokens = await api.post("/api/client/auth/otp/verify", body, { anonymous: "optional" });
      api.signedIn(tokens);
      if (before) toast(t(before.id === tokens.user.id ? "phone_attached" : "phone_other_account"), "good");
      replace("/");
    } catch (failure) {
      if (failure.code === undefined) throw failure;
      setError(problemText(failure));
    }
  };
  return html`<div ref=${box}>
    <p role="status">${t("code_sent", { phone: sent.phone })}</p>
    <${Form} submit=${verify} label=${t(attaching ? "code_attach" : "code_verify")}
      testid="login_verify_button">
      <${Field} label=${t("code_label")} error=${error} testid="login_code_input" inputmode="numeric"
        autocomplete="one-time-code" maxlength="8" value=${code} class="code" onInput=${(event) => {
          setCode(event.currentTarget.value);
          setError("");
        }} />
    <//>
    <div class="row spread">
      <${Button} kind="link" testid="login_again_button" disabled=${left > 0}
        onClick=${async () => send(await request(sent.phone))}>
        ${left > 0 ? t("code_again_in", { left: clock(left) }) : t("code_again")}<//>
      <${Button} kind="link" testid="login_other_button" onClick=${other}>${t("code_other_number")}<//>
    </div>
  </div>`;
}
