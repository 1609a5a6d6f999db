// Choose a length, see the price, pay. For somebody in particular when the address names them.

import { html, useState } from "common/html.js";
import { back, replace, route } from "common/router.js";
import { Button, Empty, Page, Problem, Skeleton, Switch } from "common/ui.js";
import { api, evening, takeUp } from "../model/app.js";
import { available, says, useAvailability } from "../model/availability.js";
import { useFetched } from "../model/fetching.js";
import { begin } from "../model/paying.js";
import { fallBack } from "../model/searching.js";
import { t } from "../texts.js";
import { SpareDialog, SpareNotice, useSpare } from "./spare.js";
import { Tiers, Total } from "./tiers.js";

export function Pay() {
  const prices = (signal) => api.get("/api/client/chat/pricing", { query: { mode: "chat" }, signal });
  const { data, error, again } = useFetched(prices);
  const [chosen, choose] = useState(null);
  const { query } = route.value;
  const target = query.get("mitra");
  const name = query.get("name") || t("this_bestie");
  const spare = useSpare();
  const [sure, ask] = useState(false);
  useAvailability(!target); // whoever is asked for by name is asked; see history.js
  const there = target !== null || available.value === true;
  const tiers = data?.tiers ?? [];
  const offered = tiers.find((one) => one.is_first_session_discount);
  const tier = tiers.find((one) => one.id === chosen) ?? offered ?? tiers[0];

  const pay = async () => {
    try {
      await begin({ minutes: tier.minutes, tierId: tier.id, price: tier.price, mitraId: target });
    } catch (failure) {
      if (failure.code === "UNKNOWN_TIER") again();
      if (failure.code === "NOT_FOUND") replace("/history");
      throw failure;
    }
  };
  const use = async () => {
    if (there) {
      await fallBack(spare);
    } else { // what is known of that money, and what it waits for, is said there
      takeUp(spare.id);
      replace("/");
    }
  };
  const title = target ? t("pay_title_again", { name }) : t("pay_title");
  return html`<${Page} title=${title} testid="payment_screen"
    back=${() => (evening.payment.peek()?.status === "pending" ? back() : back(target ? "/history" : "/"))}
    bottom=${tier && html`
      <${Total} tier=${tier} testid="payment_total" />
      <${Button} testid="payment_pay_button" kind=${spare ? "quiet" : "primary"} disabled=${!there}
        aria-describedby="pay-note" onClick=${() => (spare?.amount > 0 ? ask(true) : pay())}>
        ${t(tier.price === 0 ? "begin" : "pay")}<//>
      <p class="soft fine" id="pay-note" role="status" data-testid="payment_note">
        ${t(there ? "pay_note" : says()[0])}</p>`}>
    ${spare && html`<${SpareNotice} spare=${spare} use=${use} />`}
    ${target && html`<p class="soft">${t("pay_again_text", { name })}</p>`}
    ${error && html`<${Problem} error=${error} retry=${again} />`}
    ${!data && !error && html`<${Skeleton} shape="card" lines=${3} />`}
    ${data && !tiers.length && html`<${Empty} icon="clock" title=${t("no_tiers")} text=${t("no_tiers_text")}
      action=${html`<${Button} kind="quiet" onClick=${again}>${t("failed_retry")}<//>`} />`}
    ${tier && html`
      <${Tiers} tiers=${tiers} chosen=${tier.id} choose=${choose} name="tier" testid="payment_tier" />
      <${Topic} query=${query} />`}
    ${sure && spare && html`<${SpareDialog} spare=${spare} close=${() => ask(false)} use=${use}
      pay=${pay} />`}
  <//>`;
}

/** Kept in the address until the payment is begun; see model/topic.js. */
function Topic({ query }) {
  return html`<${Switch} label=${t("topic")} hint=${t("topic_hint")} testid="payment_topic_switch"
    checked=${query.get("topic") === "sensitive"} onChange=${(event) => {
      const next = new URLSearchParams(query);
      if (event.currentTarget.checked) next.set("topic", "sensitive");
      else next.delete("topic");
      replace(`/pay${next.size ? `?${next}` : ""}`);
    }} />`;
}
