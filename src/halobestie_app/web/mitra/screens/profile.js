// Profil: one's name, sound and notifications, language and looks, and the way out.

import { html, useSignal } from "common/html.js";
import { common, problemText } from "common/texts.js";
import { Button, Dialog, Field, Notice, Page, Preferences, Switch, toast } from "common/ui.js";
import { alerts, api, desk, logOut } from "../model/app.js";
import { t } from "../texts.js";
import { useMakeWay } from "./cards.js";

const LONGEST = 40;

export function Profile() {
  const leaving = useSignal(false);
  useMakeWay(leaving);
  const close = () => { leaving.value = false; };
  return html`
    <${Page} title=${t("profile")} testid="profile_screen">
      <${Name} />
      <section class="card">
        <h2 class="section">${t("alerts")}</h2>
        <${Switch} label=${t("sound")} hint=${t("sound_hint")} checked=${alerts.sound.value}
          testid="profile_sound_switch"
          onChange=${(event) => alerts.setSound(event.currentTarget.checked)} />
        <${Notifications} />
      </section>
      <section class="card">
        <h2 class="section">${t("look")}</h2>
        <${Preferences} />
      </section>
      <${Button} kind="quiet" testid="profile_logout_button"
        onClick=${() => { leaving.value = true; }}>${t("log_out")}<//>
      <${Dialog} open=${leaving.value} title=${t("log_out_title")} testid="logout_dialog" onClose=${close}
        actions=${html`
          <${Button} kind="quiet" testid="logout_cancel_button" onClick=${close}>${common("cancel")}<//>
          <${Button} kind="danger" testid="logout_confirm_button" onClick=${logOut}>${t("log_out")}<//>`}>
        <p>${t("log_out_text")}</p>
        ${desk.live.value.length > 0 && html`<${Notice} kind="warning">${t("log_out_live")}<//>`}
      <//>
    <//>`;
}

function Name() {
  const { display_name: kept } = api.user.value;
  const name = useSignal(kept);
  const error = useSignal("");
  const words = name.value.trim();

  const save = async (event) => {
    event?.preventDefault();
    if (!words || [...words].length > LONGEST) {
      error.value = t("name_wrong");
      return;
    }
    try {
      api.setUser(await api.patch("/api/shared/me", { display_name: words }));
      error.value = "";
      toast(t("name_saved"), "good");
    } catch (failure) {
      error.value = problemText(failure);
    }
  };
  return html`
    <form class="card" onSubmit=${save} novalidate>
      <${Field} label=${t("name")} error=${error.value} testid="profile_name_input" autocomplete="nickname"
        value=${name.value} onInput=${(event) => { name.value = event.currentTarget.value; }} />
      <${Button} testid="profile_name_button" disabled=${words === kept} onClick=${save}>${common("save")}<//>
    </form>`;
}

function Notifications() {
  const permission = alerts.permission.value;
  return html`
    <div class="switch-like">
      <div><span>${t("notify")}</span><small class="hint"
        data-testid="profile_notify_text">${t(`notify_${permission}`)}</small></div>
      ${permission === "default" && html`
        <${Button} kind="quiet" testid="profile_notify_button"
          onClick=${alerts.ask}>${t("notify_allow")}<//>`}
    </div>`;
}
