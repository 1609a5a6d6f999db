// Live chats without a word of what is said: how both sides stand, what time is left, and ending one for a
// reason.
import { html, useState } from "common/html.js";
import { Button, Empty, Field, Notice, Page, Select, toast } from "common/ui.js";
import { clock } from "common/texts.js";
import { secondsLeft } from "common/time.js";
import { api } from "../api.js";
import { t } from "./sessions_texts.js";
import { Doing } from "./parts/doing.js";
import { ask, asked } from "./parts/filters.js";
import { useLoad } from "./parts/load.js";
import { Rows, Turning } from "./parts/rows.js";
import { Pill } from "./parts/seen.js";
import { said, state, work } from "./parts/words.js";
import { when } from "./parts/zone.js";

const PAGE = 50;
const SESSIONS = "/internal/sessions";

export function SessionsPage() {
  const { text, offset } = asked();
  const reach = ["true", "false"].includes(text("mitra_reachable")) ? text("mitra_reachable") : "";
  const query = { mitra_reachable: reach, limit: PAGE, offset };
  const load = useLoad((signal) => api.get(SESSIONS, { query, signal }), JSON.stringify(query), {
    every: 3_000,
  });
  const [chosen, setChosen] = useState(null);
  const lost = (load.data?.rows ?? []).filter((row) => row.mitra_reachable === false).length;
  const ended = (id) =>
    load.put((page) => ({
      ...page,
      rows: page.rows.filter((row) => row.id !== id),
      total: Math.max(0, page.total - 1),
    }));

  return html`<${Page} title=${t("title")} wide>
    <p class="work-lead">${t("lead")}</p>
    <div class="work-filters">
      <${Select}
        label=${t("reach")}
        value=${reach}
        options=${[
          ["", "all"],
          ["false", "false"],
          ["true", "true"],
        ].map(([value, name]) => ({ value, label: t(`reach_${name}`) }))}
        onChange=${(event) => ask({ mitra_reachable: event.currentTarget.value })}
        testid="sessions_reachable_select"
      />
      <p class="work-filters-count" role="status"
        data-testid="sessions_total">${load.data ? work("found", { n: load.data.total }) : "…"}</p>
    </div>
    <div role="status">
      ${
        lost > 0 &&
        reach === "" &&
        html`<${Notice}
        kind="warning"
        testid="sessions_unreachable_notice"
        action=${html`<${Button} kind="quiet"
          onClick=${() => ask({ mitra_reachable: "false" })}>${t("show_them")}<//>`}
        >${t("unreachable_some", { n: lost })}<//
      >`
      }
    </div>
    <${Rows}
      caption=${t("title")}
      columns=${columns(setChosen)}
      load=${load}
      empty=${html`<${Empty} title=${t("empty_title")} text=${t(reach ? "empty_narrow" : "empty_text")} />`}
      testid="sessions_table"
      rowTestid="session_row"
      tone=${(row) => (row.mitra_reachable === false ? "work-alarming" : undefined)}
    />
    <${Turning} load=${load} limit=${PAGE} offset=${offset} testid="sessions_pager" />
    ${
      chosen &&
      html`<${End} key=${chosen.id} row=${chosen} onClose=${() => setChosen(null)}
        onEnded=${() => ended(chosen.id)} />`
    }
  <//>`;
}

function columns(act) {
  return [
    {
      key: "customer",
      title: t("customer"),
      cell: (row) => html`<strong>${row.customer.display_name}</strong>
        <small>${t(reached(row.customer_connected, "connected", "away"))}</small>`,
    },
    {
      key: "mitra",
      title: t("mitra"),
      cell: (row) => html`${row.mitra.display_name}
        ${
          row.mitra_reachable === false
            ? html` <${Pill} tone="bad" testid="session_unreachable">${t("unreachable")}<//>`
            : html`<small>${t(reached(row.mitra_reachable, "reachable", "unreachable"))}</small>`
        }`,
    },
    {
      key: "status",
      title: t("status"),
      cell: (
        row,
      ) => html`<${Pill} tone=${row.status === "active" ? "good" : "waiting"}>${said(state, row.status)}<//>
        ${row.topic_sensitivity === "sensitive" && html`<small>${t("sensitive")}</small>`}
        ${
          row.pending_extension &&
          html`<small>${t("extension", { n: row.pending_extension.duration_minutes })}</small>`
        }`,
    },
    { key: "left", title: t("left"), numeric: true, cell: (row) => html`<${Left} row=${row} />` },
    {
      key: "since",
      title: t("since"),
      cell: (row) => html`<time datetime=${row.started_at}>${when(row.started_at)}</time>`,
    },
    {
      key: "do",
      title: t("do"),
      cell: (row) => html`<span class="work-actions">
        <a href=${`#/audit/chat/${row.id}`} aria-label=${t("steps_of", names(row))}
          data-testid="session_story_link">${t("steps")}</a>
        <${Button}
          kind="quiet"
          onClick=${() => act(row)}
          aria-label=${t("end_it", names(row))}
          testid="session_end_button"
          >${t("end")}<//
        >
      </span>`,
    },
  ];
}

function reached(known, yes, no) {
  return known === null ? "unknown" : known ? yes : no;
}

function names(row) {
  return { customer: row.customer.display_name, mitra: row.mitra.display_name };
}

function leftOf(row) {
  if (row.status === "extending") return row.seconds_left;
  return secondsLeft(row.status === "closing" ? row.closing_until : row.expires_at);
}

function Left({ row }) {
  return html`<span class="work-number">${clock(leftOf(row))}</span>
    ${row.status === "extending" && html`<small>${t("frozen")}</small>`}`;
}

function End({ row, onClose, onEnded }) {
  const [reason, setReason] = useState("");
  const send = async () => {
    try {
      await api.post(`${SESSIONS}/${row.id}/end`, { reason: reason.trim() }, { key: true });
    } catch (error) {
      if (error.code === "INVALID_STATE" || error.code === "NOT_FOUND") onEnded();
      throw error;
    }
    toast(t("ended", names(row)), "good");
    onEnded();
    onClose();
  };
  return html`<${Doing}
    open
    title=${t("end_title")}
    submit=${t("end_submit")}
    kind="danger"
    disabled=${reason.trim() === ""}
    testid="session_end"
    onSubmit=${send}
    onClose=${onClose}
    explain=${(error) => (error.code === "INVALID_STATE" ? t("over") : undefined)}
  >
    <p><strong>${t("end_who", { ...names(row), left: clock(leftOf(row)) })}</strong></p>
    <p>${t("end_text")}</p>
    <${Field}
      label=${work("reason")}
      hint=${t("reason_hint")}
      multiline
      maxlength="500"
      value=${reason}
      onInput=${(event) => setReason(event.currentTarget.value)}
      testid="session_end_reason_input"
    />
  <//>`;
}
