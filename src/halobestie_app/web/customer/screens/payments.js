// What was paid, and what became of it.

import { html, useState } from "common/html.js";
import { back } from "common/router.js";
import { dayAndTime } from "common/texts.js";
import { Empty, Page, Pager, Problem, Skeleton } from "common/ui.js";
import { api } from "../model/app.js";
import { useFetched } from "../model/fetching.js";
import { hadPage } from "../model/opened.js";
import { t } from "../texts.js";
import { LiveBar, Support } from "./parts.js";
import { priceText } from "./tiers.js";

const PAGE = 20;
const UNPAID = new Set(["abandoned", "expired"]);
const KINDS = { consumed: "good", pending: "warning", confirmed: "warning" };

export function Payments() {
  const [offset, turn] = useState(0);
  const { data, error, again } = useFetched(
    (signal) => api.get("/api/client/payment-sessions", { query: { limit: PAGE, offset }, signal }),
    [offset],
  );
  return html`<${Page} title=${t("payments_title")} back=${() => back("/settings")} testid="payments_screen">
    <${LiveBar} />
    ${error && html`<${Problem} error=${error} retry=${again} />`}
    ${!data && !error && html`<${Skeleton} shape="card" lines=${4} />`}
    ${data && !data.total && html`<${Empty} icon="heart" title=${t("payments_empty")}
      text=${t("payments_empty_text")} />`}
    <ul class="list">
      ${data?.rows.map((payment) => html`<${Row} key=${payment.id} payment=${payment} />`)}
    </ul>
    ${data && data.total > PAGE && html`<${Pager} offset=${offset} limit=${PAGE} total=${data.total}
      onChange=${turn} testid="payments" />`}
    ${data?.rows.some((payment) => payment.refund === "due" || doubtful(payment)) && html`<${Support} />`}
  <//>`;
}

function Row({ payment }) {
  const what = payment.is_extension ? "payment_for_extension" : "payment_for_chat";
  return html`<li class="card entry" data-testid="payment_row" data-status=${payment.status}>
    <div class="entry-head">
      <h2>${t(what, { count: payment.duration_minutes })}</h2><strong>${priceText(payment.amount)}</strong>
    </div>
    <p class="soft">${dayAndTime(payment.created_at)}</p>
    <p><span class=${`badge ${KINDS[payment.status] ?? ""}`} data-testid="payment_fate">
      ${fate(payment)}</span></p>
    ${payment.status === "failed_pairing" && html`<p class="soft">
      ${t(`cause_${payment.cause_tag}`)} ${payment.refund === "due" ? t("refund_due_text") : ""}</p>`}
    ${doubtful(payment) && html`<p class="soft">${t("paid_after_all")}</p>`}
  </li>`;
}

/** Whether it is over without any money that we know of, though there may be some on its way. */
const doubtful = (payment) => UNPAID.has(payment.status) && hadPage(payment);

/** What became of the money, in a word or two. */
function fate(payment) {
  if (doubtful(payment)) return t(`payment_${payment.status}_open`);
  if (payment.status !== "failed_pairing") return t(`payment_${payment.status}`);
  return payment.refund ? t(`refund_${payment.refund}`) : t("payment_failed_free");
}
