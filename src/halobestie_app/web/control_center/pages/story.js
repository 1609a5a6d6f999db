// The whole story of one payment: its money, who looked for whom, what was said yes to, and every recorded
// step.
import { html, useState } from "common/html.js";
import { Button, Empty, Page, Problem, Skeleton } from "common/ui.js";
import { back } from "common/router.js";
import { rupiah } from "common/texts.js";
import { api } from "../api.js";
import { FailureAction } from "./failure_action.js";
import { Status, isOpen, moneyOf } from "./failures.js";
import { t as failures } from "./failures_texts.js";
import { Erase } from "./erase.js";
import { Chats, Gateway, Ledger, Searches, Timeline } from "./story_parts.js";
import { t } from "./story_texts.js";
import { useLoad } from "./parts/load.js";
import { Facts, Id, Pill } from "./parts/seen.js";
import { cause, causeDetail, causeSentence, said, state } from "./parts/words.js";
import { when } from "./parts/zone.js";

const TONES = { pending: "waiting", confirmed: "info", consumed: "good", failed_pairing: "bad" };

/** @param {{id: string}} props the payment's */
export function Story({ id }) {
  const load = useLoad((signal) => api.get(`/internal/payments/${id}`, { signal }), id, { every: 15_000 });
  const [chosen, setChosen] = useState(null);
  const { data: story, error, reload } = load;

  return html`<${Page} title=${t("title")} back=${() => back("/failures")} wide>
    <p><${Id} id=${id} /></p>
    ${!story && !error && html`<${Skeleton} lines=${12} />`}
    ${!story && error?.status === 404 && html`<${Empty} title=${t("not_found")} />`}
    ${!story && error && error.status !== 404 && html`<${Problem} error=${error} retry=${reload} />`}
    ${
      story &&
      html`<div class="work-story" data-testid="story">
      <${Money} payment=${story.payment} invoices=${story.invoices} />
      <${Customer} customer=${story.customer} reload=${reload} />
      <${Failures} rows=${story.failures} act=${setChosen} />
      <${Searches} rows=${story.requests} />
      <${Chats} session=${story.session} extensions=${story.extensions} />
      <${Gateway} invoices=${story.invoices} captures=${story.captures} webhooks=${story.webhooks} />
      <${Ledger} rows=${story.ledger} />
      </div>
      <${Timeline} id=${id} rows=${story.timeline} moves=${story.moves} />`
    }
    ${
      chosen &&
      html`<${FailureAction} key=${chosen.id} row=${chosen} onClose=${() => setChosen(null)}
        onSettled=${reload} onGone=${reload} />`
    }
  <//>`;
}

function Money({ payment }) {
  const kinds = [
    payment.is_extension && t("extension"),
    payment.is_first_session_discount && t("first"),
    payment.is_free_trial && t("trial"),
  ].filter(Boolean);
  return html`<section class="card">
    <h2>${t("money")}</h2>
    <p class="work-big">
      ${payment.amount === 0 ? t("free") : rupiah(payment.amount)}
      <${Pill} tone=${TONES[payment.status]} testid="story_status">${said(state, payment.status)}<//>
    </p>
    ${payment.cause_tag && html`<p>${said(causeSentence, payment.cause_tag)}</p>`}
    <${Facts}
      rows=${[
        [t("duration"), [t("minutes", { n: payment.duration_minutes }), ...kinds].join(" · ")],
        [t("provider"), t(`provider_${payment.provider}`)],
        payment.refund && [t("refund"), t(`refund_${payment.refund}`)],
        [t("created"), when(payment.created_at)],
        payment.confirmed_at && [t("confirmed"), when(payment.confirmed_at)],
        payment.consumed_at && [t("consumed"), when(payment.consumed_at)],
        [t("expires"), when(payment.expires_at)],
        payment.fallback_until && [t("fallback"), when(payment.fallback_until)],
      ]}
    />
  </section>`;
}

function Customer({ customer, reload }) {
  return html`<section class="card">
    <h2>${t("people")}</h2>
    <p class="work-big">${customer.display_name}</p>
    <${Facts} rows=${[
      [t("phone"), customer.phone ?? t("no_phone")],
      ["ID", html`<${Id} id=${customer.id} />`],
    ]} />
    <${Erase} customer=${customer} onDone=${reload} />
  </section>`;
}

function Failures({ rows, act }) {
  return html`<section class="card">
    <h2>${t("failures")}</h2>
    ${rows.length === 0 && html`<p>${t("no_failures")}</p>`}
    <ul class="work-list">
      ${rows.map(
        (row) => html`<li key=${row.id}>
          <p>
            <strong>${said(cause, row.cause_tag)}</strong> · ${moneyOf(row)} · ${when(row.created_at)}
            ${row.cause_detail && html`<small>${causeDetail(row.cause_detail)}</small>`}
          </p>
          <${Status} row=${row} />
          ${
            isOpen(row) &&
            html`<${Button} kind="quiet" onClick=${() => act(row)}
              testid="failure_action_button">${failures("act")}<//>`
          }
        </li>`,
      )}
    </ul>
  </section>`;
}
