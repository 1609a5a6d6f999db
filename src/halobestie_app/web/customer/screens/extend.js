// More time: choose, pay, and the rest goes by itself. A sheet over the chat, which goes on behind it.

import { html, useState } from "common/html.js";
import { Button, Dialog, Problem, Skeleton } from "common/ui.js";
import { api, evening, left } from "../model/app.js";
import { useFetched } from "../model/fetching.js";
import { wasOpened } from "../model/opened.js";
import { begin, goBack } from "../model/paying.js";
import { extending } from "../model/talking.js";
import { t } from "../texts.js";
import { Money, TimeToPay, isVain, useWatch } from "./money.js";
import { Support } from "./parts.js";
import { Tiers, Total, priceText } from "./tiers.js";

export function Extend({ session, name }) {
  const more = evening.more.value;
  const pending = more?.status === "pending" && !left.value.has(more.id) ? more : null;
  const paid = more?.status === "confirmed" && session.status !== "extending";
  // A reload in the middle of paying comes back to it.
  const open = (extending.value || pending !== null) && session.status !== "extending";
  const close = () => {
    extending.value = false;
    if (pending) goBack(pending);
  };
  return html`<${Dialog} open=${open} title=${t(pending ? "extend_waiting" : "extend_title")} onClose=${close}
    testid="extend_dialog">
    ${paid ? html`<p role="status">${t("extend_asking", { name })}</p><${Skeleton} lines=${2} />`
      : pending ? html`<${Waiting} payment=${pending} key=${pending.id} />`
      : html`<${Choose} name=${name} />`}
  <//>`;
}

function Choose({ name }) {
  const { data, error, again } = useFetched((signal) =>
    api.get("/api/client/chat/extension-pricing", { query: { mode: "chat" }, signal }));
  const [chosen, choose] = useState(null);
  const tiers = data?.tiers ?? [];
  const tier = tiers.find((one) => one.id === chosen) ?? tiers[0];
  const pay = async () => {
    extending.value = true;
    try {
      await begin({ minutes: tier.minutes, tierId: tier.id, price: tier.price, isExtension: true });
    } catch (failure) {
      if (failure.code === "UNKNOWN_TIER") again();
      throw failure;
    }
  };
  return html`
    <p class="soft">${t("extend_text", { name })}</p>
    ${error && html`<${Problem} error=${error} retry=${again} />`}
    ${!data && !error && html`<${Skeleton} shape="card" lines=${3} />`}
    ${data && !tiers.length && html`<p>${t("no_tiers_text")}</p>`}
    ${tier && html`
      <${Tiers} tiers=${tiers} chosen=${tier.id} choose=${choose} name="extend-tier" testid="extend_tier" />
      <${Total} tier=${tier} testid="extend_total" />
      <${Button} testid="extend_pay_button" onClick=${pay}>${t("pay")}<//>`}`;
}

function Waiting({ payment }) {
  useWatch(payment);
  return html`
    ${wasOpened(payment.id) && html`<p class="soft">${t("waiting_text")}</p>`}
    <div class="bill"><p><span>${t("payment_for_extension", { count: payment.duration_minutes })}</span>
      <strong>${priceText(payment.amount)}</strong></p></div>
    <${TimeToPay} payment=${payment} />
    ${isVain(payment) && html`<${Support} />`}
    <${Money} payment=${payment} label=${t("pay")} />`;
}
