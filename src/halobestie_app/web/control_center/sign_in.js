// Signing in with e-mail and password. How long a wait grows is the server's to say; here it is counted down.

import { html, useEffect, useRef, useSignal } from "common/html.js";
import { clock, problemText } from "common/texts.js";
import { secondsLeft, serverNow } from "common/time.js";
import { Button, Field, Notice, Preferences } from "common/ui.js";
import { api } from "./api.js";
import { Mark } from "./icons.js";
import { t } from "./texts.js";

export function SignIn() {
  const email = useSignal("");
  const password = useSignal("");
  const missing = useSignal(false);
  const problem = useSignal(null);
  const until = useSignal(null);
  const busy = useSignal(false);
  const form = useRef(null);
  const wait = until.value ? secondsLeft(until.value) : 0;

  useEffect(() => focus(form.current, "email"), []);

  async function submit(event) {
    event.preventDefault();
    if (busy.value || wait > 0) return;
    missing.value = !email.value.trim() || !password.value;
    if (missing.value) return focus(form.current, email.value.trim() ? "password" : "email");
    busy.value = true;
    problem.value = null;
    until.value = null;
    try {
      const body = { email: email.value.trim(), password: password.value };
      api.signedIn(await api.post("/internal/auth/login", body, { anonymous: true }));
    } catch (error) {
      problem.value = error;
      if (error.retryAfter) until.value = new Date(serverNow() + error.retryAfter * 1000).toISOString();
      if (error.status === 401) password.value = "";
      focus(form.current, "password");
    } finally {
      busy.value = false;
    }
  }

  return html`
    <main class="cc-sign-in">
      <section class="cc-sign-in-card" aria-labelledby="sign-in-title">
        <${Mark} />
        <p class="cc-eyebrow">Halo Bestie · ${t("app_name")}</p>
        <h1 id="sign-in-title">${t("sign_in_title")}</h1>
        <p class="cc-soft">${t("sign_in_lead")}</p>
        <form ref=${form} onSubmit=${submit} novalidate>
          <${Field} label=${t("sign_in_email")} type="email" name="email" autocomplete="username"
            inputmode="email" autocapitalize="none" spellcheck=${false} required
            value=${email.value} onInput=${(event) => (email.value = event.currentTarget.value)}
            error=${missing.value && !email.value.trim() ? t("sign_in_missing") : null}
            testid="login_email_input" />
          <${Field} label=${t("sign_in_password")} type="password" name="password"
            autocomplete="current-password" required
            value=${password.value} onInput=${(event) => (password.value = event.currentTarget.value)}
            error=${missing.value && !password.value ? t("sign_in_missing") : null}
            testid="login_password_input" />
          <div class="cc-sign-in-said" role="alert">
            ${problem.value && html`
              <${Notice} kind=${until.value && wait === 0 ? "info" : "bad"} testid="login_problem">
                ${said(problem.value, until.value, wait)}
              <//>`}
          </div>
          <${Button} type="submit" kind="primary" busy=${busy.value} disabled=${wait > 0}
            testid="login_button">${t("sign_in_button")}<//>
        </form>
      </section>
      <footer class="cc-sign-in-foot"><${Preferences} /></footer>
    </main>`;
}

function said(problem, until, wait) {
  if (until && problem.status === 429) {
    return wait > 0 ? t("sign_in_wait", { time: clock(wait) }) : t("sign_in_again");
  }
  return problem.status === 401 ? t("sign_in_wrong") : problemText(problem);
}

function focus(form, name) {
  form?.elements.namedItem(name)?.focus();
}
