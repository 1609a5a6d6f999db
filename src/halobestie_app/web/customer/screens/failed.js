// Nobody was found, or the one who was asked could not: why, what can still be done with the money, and help.

import { html, useEffect } from "common/html.js";
import { poll } from "common/polling.js";
import { replace } from "common/router.js";
import { duration, rupiah, time } from "common/texts.js";
import { secondsLeft, serverNow } from "common/time.js";
import { Button, Icon, Notice, Page } from "common/ui.js";
import { evening, leave } from "../model/app.js";
import { fallBack } from "../model/searching.js";
import { isReusable } from "../model/where.js";
import { t } from "../texts.js";
import { Support } from "./parts.js";

const EVERY = 5000; // ms between two questions whether somebody else is there

export function Failed() {
  const payment = evening.payment.value;
  const request = evening.requestOf(payment.id);
  const targeted = payment.cause_tag.startsWith("targeted_mitra");
  const left = secondsLeft(payment.fallback_until);
  const reusable = left > 0 && isReusable(payment, serverNow());

  useEffect(() => {
    if (!reusable) return undefined;
    const look = () => (request ? evening.readRequest(request.id) : evening.refresh());
    const asking = poll(look, { every: EVERY });
    return asking.stop;
  }, [reusable, request?.id]);

  const home = () => {
    leave(payment.id);
    replace(targeted ? "/history" : "/");
  };
  const again = () => fallBack(payment);
  const parts = { payment, request, reusable, left };
  return targeted
    ? html`<${Unanswered} ...${parts} home=${home} again=${again} />`
    : html`<${NotFound} ...${parts} home=${home} again=${again} />`;
}

function NotFound({ payment, reusable, left, home, again }) {
  return html`<${Page} title=${t("failed_title")} testid="failed_screen" class="moment"
    bottom=${html`
      ${reusable && html`<${Button} testid="failed_retry_button" onClick=${again}>${t("failed_retry")}<//>`}
      <${Button} kind="quiet" testid="failed_home_button" onClick=${home}>${t("failed_home")}<//>`}>
    <span class="empty-icon"><${Icon} name="heart" size=${32} /></span>
    <p class="lead" data-testid="failed_reason">${t(`failed_${payment.cause_tag}`)}</p>
    <${OfTheMoney} payment=${payment} reusable=${reusable}
      text=${t("failed_reuse", { left: duration(left) })} />
    <${Support} />
  <//>`;
}

function Unanswered({ payment, request, reusable, left, home, again }) {
  const others = reusable ? request?.fallback_available ?? null : false; // null: nobody has said yet
  const name = request?.targeted_mitra?.display_name ?? t("this_bestie");
  const why = request?.cause_detail === "at_capacity" ? "offline_full" : `offline_${payment.cause_tag}`;
  return html`<${Page} title=${t("offline_title")} testid="failed_screen" class="moment"
    bottom=${html`
      ${others && html`<${Button} testid="failed_other_button" onClick=${again}>${t("other_bestie")}<//>`}
      <${Button} kind="quiet" testid="failed_home_button" onClick=${home}>${t("back")}<//>`}>
    <span class="empty-icon"><${Icon} name="heart" size=${32} /></span>
    <p class="lead" data-testid="failed_reason">${t(why, { name })}</p>
    <${OfTheMoney} payment=${payment} reusable=${reusable} text=${others
      ? t("offline_reuse", { left: duration(left) })
      : t("offline_kept", { left: duration(left), until: time(payment.fallback_until) })} />
    ${reusable && !others && html`<p class="soft" role="status"
      data-testid=${others === null ? "failed_checking" : "failed_nobody"}>
      ${t(others === null ? "home_checking" : "offline_nobody")}</p>`}
    <${Support} />
  <//>`;
}

/** What becomes of what was paid. */
function OfTheMoney({ payment, reusable, text }) {
  if (reusable) return html`<${Notice} kind="info" testid="failed_money">${text}<//>`;
  if (payment.amount === 0) return null;
  const said = { refunded: "failed_refunded", credited: "failed_actioned", retained: "failed_actioned" };
  return html`<${Notice} kind="info" testid="failed_money">
    ${t(said[payment.refund] ?? "failed_refund", { amount: rupiah(payment.amount) })}<//>`;
}
