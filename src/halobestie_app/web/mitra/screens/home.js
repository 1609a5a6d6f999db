// The first screen: on or off, and the chats that are running.

import { html, useSignal } from "common/html.js";
import { problemText } from "common/texts.js";
import { Button, Notice, Page, Skeleton, Switch, toast } from "common/ui.js";
import { alerts, api, desk, presence, takenOffline } from "../model/app.js";
import { t } from "../texts.js";
import { ChatList } from "./chat_list.js";

export function Home() {
  const ready = desk.ready.value;
  return html`
    <${Page} title=${t("hello", { name: api.user.value.display_name })} testid="home_screen">
      ${!ready && html`<${Skeleton} shape="card" lines=${2} testid="home_skeleton" />`}
      ${ready && html`<${Standing} />`}
      ${ready && html`<h2 class="section">${t("chats")}</h2><${ChatList} />`}
    <//>`;
}

/** Go online or offline; what fails is said. */
async function turn(online) {
  if (online) alerts.askOnce(); // within the tap, or the browser does not ask
  try {
    await presence.turn(online);
  } catch (error) {
    toast(error.status === 403 ? t("blocked") : problemText(error), "bad");
  }
}

function Standing() {
  const busy = useSignal(false);
  const status = desk.status.value;
  const count = desk.live.value.length;
  const full = count >= status.max_customers;
  const why = takenOffline.value;
  const hint = !status.is_online ? t("offline_hint") : full ? t("online_full", { count }) : t("online_hint");

  const change = async (event) => {
    busy.value = true;
    await turn(event.currentTarget.checked);
    busy.value = false;
  };

  return html`
    <section class="card standing" data-online=${String(status.is_online)} data-testid="mitra_standing">
      <p class="standing-word" role="status" data-testid="mitra_online_text">
        <span class="lamp" aria-hidden="true"></span>${t(status.is_online ? "online" : "offline")}
      </p>
      <${Switch} label=${t("switch_label")} hint=${hint} checked=${status.is_online} busy=${busy.value}
        testid="mitra_online_switch" onChange=${change} />
      <p class="soft load" data-testid="mitra_load">${t("load", { count, most: status.max_customers })}</p>
    </section>
    ${why && !status.is_online && html`
      <${Notice} kind="warning" live title=${t("stale_title")} testid="mitra_taken_offline"
        action=${why !== "blocked" && html`
          <${Button} kind="quiet" testid="mitra_online_again_button"
            onClick=${() => turn(true)}>${t("online_again")}<//>`}>
        ${t(why)}
      <//>`}`;
}
