// The first screen: in, in one tap, or by phone.

import { html, useRef, useState } from "common/html.js";
import { go } from "common/router.js";
import { language, setLanguage } from "common/texts.js";
import { Button, Field, Page } from "common/ui.js";
import { api } from "../model/app.js";
import { t } from "../texts.js";

export function Start() {
  const [name, setName] = useState("");
  const button = useRef(null);
  const come = async () => {
    const body = name.trim() ? { display_name: name.trim() } : {};
    api.signedIn(await api.post("/api/shared/auth/anonymous", body, { anonymous: true }));
  };
  const other = language.value === "id" ? "en" : "id";
  return html`<${Page} title=${t("start_title")} testid="start_screen" class="start"
    bottom=${html`
      <div ref=${button}><${Button} class="block" testid="start_anonymous_button" onClick=${come}>
        ${t("start_anonymous")}<//></div>
      <${Button} kind="quiet" testid="start_phone_button" onClick=${() => go("/phone")}>
        ${t("start_phone")}<//>
      <p class="promise soft">${t("start_promise")}</p>`}>
    <div class="start-top">
      <img src="/common/icon.svg" alt="" width="56" height="56" />
      <button type="button" class="text-button" lang=${other} data-testid="start_language_button"
        onClick=${() => setLanguage(other)}>${other === "en" ? "English" : "Bahasa Indonesia"}</button>
    </div>
    <p class="lead">${t("start_text")}</p>
    <form onSubmit=${(event) => {
      event.preventDefault();
      button.current.querySelector("button").click();
    }}>
      <${Field} label=${t("start_name_label")} hint=${t("start_name_hint")} testid="start_name_input"
        maxlength="40" autocomplete="nickname" value=${name}
        onInput=${(event) => setName(event.currentTarget.value)} />
    </form>
  <//>`;
}
