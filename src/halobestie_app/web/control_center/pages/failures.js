// Failed money: found by filters that live in the address, decided on once, each with its payment's story.
import { html, useState } from "common/html.js";
import { Button, Empty, Page } from "common/ui.js";
import { rupiah } from "common/texts.js";
import { serverNow } from "common/time.js";
import { api } from "../api.js";
import { FailureAction } from "./failure_action.js";
import { FailureFilters, isNarrow, wanted } from "./failure_filters.js";
import { t } from "./failures_texts.js";
import { Story } from "./story.js";
import { ask, asked } from "./parts/filters.js";
import { useLoad, withRow } from "./parts/load.js";
import { Rows, Turning } from "./parts/rows.js";
import { Id, Pill, whoAndWhen } from "./parts/seen.js";
import { cause, causeDetail, causeSentence, said, work } from "./parts/words.js";
import { when } from "./parts/zone.js";

const PAGE = 50;

/** @param {{params: {payment?: string}}} props with a payment: its story. */
export function FailuresPage({ params }) {
  return params?.payment ? html`<${Story} key=${params.payment} id=${params.payment} />` : html`<${Queue} />`;
}

function Queue() {
  const { offset } = asked();
  const query = { ...wanted(), limit: PAGE, offset };
  const load = useLoad(
    (signal) => api.get("/internal/failed-pairings", { query, signal }),
    JSON.stringify(query),
    { every: 15_000 },
  );
  const [chosen, setChosen] = useState(null);
  const settle = (row) => load.put((page) => withRow(page, row));

  return html`<${Page} title=${t("title")} wide>
    <p class="work-lead">${t("lead")}</p>
    <${FailureFilters} total=${load.data?.total} />
    <${Rows}
      caption=${t("title")}
      columns=${columns(setChosen)}
      load=${load}
      empty=${html`<${Nothing} />`}
      testid="failures_table"
      rowTestid="failures_row"
      tone=${(row) => (isOpen(row) ? undefined : "work-settled")}
    />
    <${Turning} load=${load} limit=${PAGE} offset=${offset} testid="failures_pager" />
    ${
      chosen &&
      html`<${FailureAction}
      key=${chosen.id}
      row=${chosen}
      onClose=${() => setChosen(null)}
      onSettled=${settle}
      onGone=${load.reload}
    />`
    }
  <//>`;
}

function Nothing() {
  return isNarrow()
    ? html`<${Empty}
        title=${t("empty_title")}
        text=${t("empty_text")}
        action=${html`<${Button} kind="quiet"
          onClick=${() => ask({ state: "all", cause_tags: "", date_from: "", date_to: "", q: "" })}>
          ${work("clear_filters")}
        <//>`}
      />`
    : html`<${Empty} title=${t("clear_title")} text=${t("clear_text")} />`;
}

function columns(act) {
  return [
    {
      key: "at",
      title: t("at"),
      cell: (row) => html`<time datetime=${row.created_at}>${when(row.created_at)}</time>`,
    },
    { key: "customer", title: t("customer"), cell: (row) => html`<${Customer} row=${row} />` },
    {
      key: "why",
      title: t("why"),
      cell: (
        row,
      ) => html`<span title=${said(causeSentence, row.cause_tag)}>${said(cause, row.cause_tag)}</span>
        ${row.cause_detail && html`<small>${causeDetail(row.cause_detail)}</small>`}`,
    },
    { key: "amount", title: t("amount"), numeric: true, cell: moneyOf },
    { key: "status", title: t("status"), cell: (row) => html`<${Status} row=${row} />` },
    {
      key: "do",
      title: t("do"),
      cell: (row) => html`<span class="work-actions">
        ${
          row.payment_session_id &&
          html`<a
          href=${`#/failures/${row.payment_session_id}`}
          data-testid="failure_story_link"
          aria-label=${t("story_of", { amount: moneyOf(row), who: nameOf(row) })}
          >${t("story")}</a
        >`
        }
        ${
          isOpen(row) &&
          html`<${Button}
          kind="quiet"
          onClick=${() => act(row)}
          testid="failure_action_button"
          aria-label=${t("act_on", { amount: moneyOf(row), who: nameOf(row) })}
          >${t("act")}<//
        >`
        }
      </span>`,
    },
  ];
}

function Customer({ row }) {
  return html`<span class="work-person">${nameOf(row)}</span>
    ${row.payment_session_id && html`<${Id} id=${row.payment_session_id} />`}
    ${row.targeted_mitra && html`<small>${t("wanted", { name: row.targeted_mitra.display_name })}</small>`}`;
}

/** What became of a row: a pill, and who decided. */
export function Status({ row }) {
  if (row.operator_action) {
    return html`<${Pill} tone="good" testid="failure_status">${t(row.operator_action)}<//>
      <small>
        ${t("by", whoAndWhen(row.actioned_by, row.actioned_at))}
      </small>
      ${row.note && html`<small class="work-note">“${row.note}”</small>`}`;
  }
  if (row.superseded_at) {
    return html`<${Pill} testid="failure_status">${t("superseded", { when: when(row.superseded_at) })}<//>`;
  }
  return html`<${Pill} tone="waiting" testid="failure_status">${t("open")}<//>
    ${isUsable(row) && html`<small>${t("usable", { when: when(row.fallback_until) })}</small>`}`;
}

/** Whether somebody has yet to decide. */
export function isOpen(row) {
  return !row.operator_action && !row.superseded_at;
}

/** Whether the customer can still use the money for another search. */
export function isUsable(row) {
  return Boolean(row.fallback_until) && Date.parse(row.fallback_until) > serverNow();
}

/** How much it is: rupiah, or else as the gateway said it. */
export function moneyOf(row) {
  const [what, code = ""] = (row.cause_detail ?? "").split(":", 2);
  return what === "currency" ? `${row.amount} ${code}`.trim() : rupiah(row.amount);
}

/** The name of whoever paid. */
export function nameOf(row) {
  return row.customer?.display_name ?? t("nobody");
}
