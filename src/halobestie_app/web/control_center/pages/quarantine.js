// Webhooks that could not be applied: what they claim and why they wait, resolved once with a note.
import { html, useState } from "common/html.js";
import { Button, Empty, Field, Page, toast } from "common/ui.js";
import { rupiah } from "common/texts.js";
import { api } from "../api.js";
import { reason, t } from "./quarantine_texts.js";
import { Ticks } from "./parts/asking.js";
import { Doing } from "./parts/doing.js";
import { ask, asked } from "./parts/filters.js";
import { useLoad, withRow } from "./parts/load.js";
import { Rows, Turning } from "./parts/rows.js";
import { Pill, whoAndWhen } from "./parts/seen.js";
import { said, work } from "./parts/words.js";
import { when } from "./parts/zone.js";

const PAGE = 50;
const WEBHOOKS = "/internal/webhooks";
const STATES = ["quarantined", "resolved", "waiting", "applied"];
const TONES = { quarantined: "bad", resolved: "good", waiting: "waiting", applied: "quiet" };
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function QuarantinePage() {
  const { text, list, offset } = asked();
  const ticked = text("state") === "all" ? [] : list("state").filter((one) => STATES.includes(one));
  const states = text("state") === "all" ? [] : ticked.length ? ticked : ["quarantined"];
  const query = { state: states, limit: PAGE, offset };
  const load = useLoad((signal) => api.get(WEBHOOKS, { query, signal }), JSON.stringify(query), {
    every: 15_000,
  });
  const [chosen, setChosen] = useState(null);
  const settle = (row) => load.put((page) => withRow(page, row));
  const toggle = (name, on) => {
    const next = STATES.filter((one) => (one === name ? on : states.includes(one)));
    ask({
      state:
        next.length === 0 || next.length === STATES.length
          ? "all"
          : next.join() === "quarantined"
            ? ""
            : next,
    });
  };

  return html`<${Page} title=${t("title")} wide>
    <p class="work-lead">${t("lead")}</p>
    <div class="work-filters">
      <${Ticks}
        legend=${t("state")}
        values=${STATES}
        chosen=${states}
        say=${(name) => t(`state_${name}`)}
        onToggle=${toggle}
        testid="webhooks_state"
      />
      <p class="work-filters-count" role="status"
        data-testid="webhooks_total">${load.data ? work("found", { n: load.data.total }) : "…"}</p>
    </div>
    <${Rows}
      caption=${t("title")}
      columns=${columns(setChosen)}
      load=${load}
      empty=${html`<${Empty}
        title=${t("empty_title")}
        text=${t(states.join() === "quarantined" ? "empty_text" : "empty_narrow")}
        icon="check"
      />`}
      testid="webhooks_table"
      rowTestid="webhook_row"
      tone=${(row) => (row.state === "quarantined" ? undefined : "work-settled")}
    />
    <${Turning} load=${load} limit=${PAGE} offset=${offset} testid="webhooks_pager" />
    ${
      chosen &&
      html`<${Resolve}
      key=${chosen.id}
      row=${chosen}
      onClose=${() => setChosen(null)}
      onResolved=${settle}
      onGone=${load.reload}
    />`
    }
  <//>`;
}

function columns(act) {
  return [
    {
      key: "at",
      title: t("at"),
      cell: (row) => html`<time datetime=${row.received_at}>${when(row.received_at)}</time>`,
    },
    {
      key: "invoice",
      title: t("invoice"),
      cell: (row) => html`<span class="work-code">${row.invoice_id ?? t("unreadable")}</span>
        ${row.external_id && html`<small class="work-code">${row.external_id}</small>`}`,
    },
    { key: "claims", title: t("claims"), cell: claims },
    {
      key: "why",
      title: t("why"),
      cell: (row) =>
        html`${row.reason ? said(reason, row.reason) : "–"}
          <small>${t("tried", { n: row.attempts })}</small>`,
    },
    { key: "status", title: t("status"), cell: (row) => html`<${Standing} row=${row} />` },
    {
      key: "do",
      title: t("do"),
      cell: (row) => html`<span class="work-actions">
        ${
          UUID.test(row.external_id ?? "") &&
          html`<a href=${`#/failures/${row.external_id}`}
            aria-label=${t("story_of", { id: row.external_id })}>${t("story")}</a>`
        }
        ${
          row.state === "quarantined" &&
          html`<${Button}
          kind="quiet"
          onClick=${() => act(row)}
          aria-label=${t("resolve_it", { id: row.invoice_id ?? "?" })}
          testid="webhook_resolve_button"
          >${t("resolve")}<//
        >`
        }
      </span>`,
    },
  ];
}

function claims(row) {
  const sum = (amount) =>
    row.currency && row.currency !== "IDR" ? `${row.currency} ${amount}` : rupiah(amount);
  return html`<span>${row.status ?? "–"}</span>
    ${row.amount !== null && html` · <span class="work-number">${sum(row.amount)}</span>`}
    ${
      row.paid_amount !== null &&
      row.paid_amount !== row.amount &&
      html`<small>${t("paid_amount", { amount: sum(row.paid_amount) })}</small>`
    }`;
}

function Standing({ row }) {
  return html`<${Pill} tone=${TONES[row.state]}
    testid="webhook_state">${said((one) => t(`state_${one}`), row.state)}<//>
    ${
      row.resolved_at &&
      html`<small>${t("by", whoAndWhen(row.resolved_by, row.resolved_at))}</small>`
    }
    ${row.note && html`<small class="work-note">“${row.note}”</small>`}`;
}

function Resolve({ row, onClose, onResolved, onGone }) {
  const [note, setNote] = useState("");
  const send = async () => {
    try {
      onResolved(await api.post(`${WEBHOOKS}/${row.id}/resolve`, { note: note.trim() }, { key: true }));
    } catch (error) {
      if (error.code === "ALREADY_ACTIONED" && error.body?.current) onResolved(error.body.current);
      if (error.code === "INVALID_STATE" || error.code === "NOT_FOUND") onGone();
      throw error;
    }
    toast(t("resolved"), "good");
    onClose();
  };
  return html`<${Doing}
    open
    title=${t("resolve_title")}
    submit=${t("resolve_submit")}
    disabled=${note.trim() === ""}
    testid="webhook_resolve"
    onSubmit=${send}
    onClose=${onClose}
    explain=${explain}
  >
    <p>${row.reason ? said(reason, row.reason) : ""} · <span
      class="work-code">${row.invoice_id ?? t("unreadable")}</span></p>
    <p>${t("resolve_text")}</p>
    <${Field}
      label=${work("note")}
      multiline
      maxlength="1000"
      value=${note}
      onInput=${(event) => setNote(event.currentTarget.value)}
      testid="webhook_resolve_note_input"
    />
  <//>`;
}

function explain(error) {
  const first = error.body?.current;
  if (error.code === "ALREADY_ACTIONED" && first) {
    return html`<span data-testid="webhook_resolve_first">
        ${t("already", whoAndWhen(first.resolved_by, first.resolved_at))}
      </span>
      ${first.note && html`<br />${t("already_note", { note: first.note })}`}`;
  }
  if (error.code === "INVALID_STATE") return t("not_waiting");
  return undefined;
}
