// Logging in: the phone, then the code that was sent to it. A phone that is no mitra's hears so kindly.

import { html, useEffect, useRef, useSignal, useState } from "common/html.js";
import { phoneNumber } from "common/phone.js";
import { clock, problemText } from "common/texts.js";
import { secondsLeft, serverNow } from "common/time.js";
import { Button, Field, Notice, Page, Preferences } from "common/ui.js";
import { api } from "../model/app.js";
import { t } from "../texts.js";

export function Login() {
  const [phone, setPhone] = useState("");
  const [sent, setSent] = useState(null); // {phone, resendAt}
  return html`
    <${Page} title=${t("login_title")} testid="login_screen" class="login">
      ${sent
        ? html`<${Code} sent=${sent} again=${setSent} back=${() => setSent(null)} />`
        : html`<${Phone} phone=${phone} setPhone=${setPhone} done=${setSent} />`}
      <${Preferences} />
    <//>`;
}

async function request(phone) {
  const answer = await api.post("/api/mitra/auth/otp/request", { phone }, { anonymous: true });
  return { phone, resendAt: serverNow() + answer.resend_after * 1000 };
}

function Phone({ phone, setPhone, done }) {
  const error = useSignal("");
  const busy = useSignal(false);
  const send = async (event) => {
    event.preventDefault();
    const whole = phoneNumber(phone);
    if (!whole || busy.value) {
      error.value = whole ? "" : t("phone_wrong");
      return;
    }
    busy.value = true;
    try {
      done(await request(whole));
    } catch (failure) {
      error.value = problemText(failure);
    } finally {
      busy.value = false;
    }
  };
  return html`
    <p>${t("login_lead")}</p>
    <form onSubmit=${send} novalidate>
      <${Field} label=${t("phone")} hint=${t("phone_hint")} error=${error.value} testid="login_phone_input"
        type="tel" inputmode="tel" autocomplete="tel" value=${phone}
        onInput=${(event) => setPhone(event.currentTarget.value)} />
      <${Button} type="submit" busy=${busy.value} testid="login_phone_button">${t("send_code")}<//>
    </form>`;
}

function Code({ sent, again, back }) {
  const code = useSignal("");
  const error = useSignal("");
  const busy = useSignal(false);
  const stranger = useSignal(null); // support handles, once the phone turned out to be no mitra's
  const form = useRef(null);
  const wait = secondsLeft(sent.resendAt);

  useEffect(() => form.current?.querySelector("input")?.focus(), []);

  const verify = async (event) => {
    event?.preventDefault();
    if (busy.value) return;
    if (!/^\d{6}$/.test(code.value)) {
      error.value = t("code_wrong");
      return;
    }
    busy.value = true;
    error.value = "";
    try {
      const body = { phone: sent.phone, code: code.value };
      api.signedIn(await api.post("/api/mitra/auth/otp/verify", body, { anonymous: true }));
    } catch (failure) {
      if (failure.code === "MITRA_NOT_REGISTERED") stranger.value = await handles();
      else error.value = problemText(failure);
    } finally {
      busy.value = false;
    }
  };

  const typed = (event) => {
    code.value = event.currentTarget.value.replace(/\D/g, "").slice(0, 6);
    event.currentTarget.value = code.value;
    error.value = "";
    if (code.value.length === 6) verify();
  };

  if (stranger.value) return html`<${Stranger} phone=${sent.phone} handles=${stranger.value} back=${back} />`;
  return html`
    <p>${t("code_lead", { phone: sent.phone })}</p>
    <form ref=${form} onSubmit=${verify} novalidate>
      <${Field} label=${t("code")} error=${error.value} testid="login_code_input" class="code"
        inputmode="numeric" autocomplete="one-time-code" value=${code.value} onInput=${typed} />
      <${Button} type="submit" busy=${busy.value} testid="login_code_button">${t("sign_in")}<//>
    </form>
    <div class="login-else">
      <${Button} kind="link" testid="login_resend_button" disabled=${wait > 0}
        onClick=${async () => again(await request(sent.phone))}>
        ${wait > 0 ? t("resend_in", { time: clock(wait) }) : t("resend")}<//>
      <${Button} kind="link" testid="login_other_button" onClick=${back}>${t("other_phone")}<//>
    </div>`;
}

/** How the team can be reached; nothing if that cannot be had now. */
async function handles() {
  try {
    const answer = await api.get("/api/shared/support", { anonymous: true });
    return Object.entries(answer.handles).map(([place, handle]) => `${place} ${handle}`);
  } catch {
    return [];
  }
}

function Stranger({ phone, handles: known, back }) {
  return html`
    <${Notice} kind="warning" live title=${t("not_registered_title")} testid="login_not_registered">
      <p>${t("not_registered", { phone })}</p>
      ${known.length > 0 && html`<p>${t("support")} ${known.join(" · ")}</p>`}
    <//>
    <${Button} testid="login_other_button" onClick=${back}>${t("other_phone")}<//>`;
}
