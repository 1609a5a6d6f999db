// The account: name, phone, language and look, payments, help, and the ways out.

import { html, useState } from "common/html.js";
import { replace } from "common/router.js";
import { problemText } from "common/texts.js";
import { Button, Dialog, Field, Page, Preferences, toast } from "common/ui.js";
import { api } from "../model/app.js";
import { t } from "../texts.js";
import { Form, LiveBar, Nav, Support } from "./parts.js";

const LONGEST = 40;

export function Settings() {
  const user = api.user.value;
  const [asked, ask] = useState(null); // "logout" | "delete"
  const close = () => ask(null);
  return html`<${Page} title=${t("settings_title")} testid="settings_screen">
    <${LiveBar} />
    <section class="card"><${Name} user=${user} /></section>
    <section class="card links">
      <p class="soft" data-testid="settings_phone_state">
        ${t(user.phone_verified ? "settings_phone_yes" : "settings_phone_no")}</p>
      ${!user.phone_verified && html`<a href="#/phone" data-testid="settings_phone_link">
        ${t("phone_attach_title")}</a>`}
      <a href="#/payments" data-testid="settings_payments_link">${t("settings_payments")}</a>
    </section>
    <section class="card"><h2>${t("settings_look")}</h2><${Preferences} /></section>
    <section class="card"><h2>${t("settings_help")}</h2><${Support} always /></section>
    <section class="ways-out">
      <${Button} kind="quiet" testid="settings_logout_button" onClick=${() => ask("logout")}>
        ${t("settings_logout")}<//>
      <${Button} kind="link" testid="settings_delete_button" onClick=${() => ask("delete")}>
        ${t("delete_account")}<//>
    </section>
    <${LogOut} open=${asked === "logout"} close=${close} user=${user} />
    <${Delete} open=${asked === "delete"} close=${close} />
  <//><${Nav} here="settings" />`;
}

function Name({ user }) {
  const [name, setName] = useState(user.display_name);
  const [error, setError] = useState("");
  const save = async () => {
    const wished = name.trim();
    if (!wished || [...wished].length > LONGEST) {
      setError(t("settings_name_wrong"));
      return;
    }
    try {
      api.setUser(await api.patch("/api/shared/me", { display_name: wished }));
      toast(t("settings_name_saved"), "good");
    } catch (failure) {
      if (failure.code === undefined) throw failure;
      setError(problemText(failure));
    }
  };
  return html`<${Form} submit=${save} label=${t("save")} testid="settings_name_button" kind="quiet">
    <${Field} label=${t("settings_name")} hint=${t("settings_name_hint")} error=${error}
      testid="settings_name_input" autocomplete="nickname" value=${name} onInput=${(event) => {
        setName(event.currentTarget.value);
        setError("");
      }} />
  <//>`;
}

function LogOut({ open, close, user }) {
  const known = user.phone_verified || !user.is_anonymous;
  return html`<${Dialog} open=${open} title=${t("logout_sure")} onClose=${close} testid="logout_dialog"
    actions=${html`
      <${Button} kind="quiet" testid="logout_no_button" onClick=${close}>${t("delete_keep")}<//>
      <${Button} kind=${known ? "primary" : "danger"} testid="logout_yes_button"
        onClick=${() => api.signOut()}>
        ${t("settings_logout")}<//>`}>
    <p>${t(known ? "logout_sure_text" : "logout_anonymous")}</p>
  <//>`;
}

function Delete({ open, close }) {
  const [typed, type] = useState("");
  const word = t("delete_word");
  const gone = async () => {
    await api.del("/api/shared/me");
    toast(t("deleted"), "info");
    replace("/");
    await api.signOut();
  };
  return html`<${Dialog} open=${open} title=${t("delete_title")} onClose=${close} testid="delete_dialog"
    actions=${html`
      <${Button} kind="quiet" testid="delete_keep_button" onClick=${close}>${t("delete_keep")}<//>
      <${Button} kind="danger" testid="delete_do_button" onClick=${gone}
        disabled=${typed.trim().toUpperCase() !== word}>
        ${t("delete_do")}<//>`}>
    <p>${t("delete_text")}</p>
    <${Field} label=${t("delete_type", { word })} testid="delete_word_input" autocomplete="off" value=${typed}
      onInput=${(event) => type(event.currentTarget.value)} />
  <//>`;
}
