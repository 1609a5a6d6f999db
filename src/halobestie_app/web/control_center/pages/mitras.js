// Mitras: found, registered, renamed, shut out and let in again; their presence and load as they change.
import { html, useState } from "common/html.js";
import { Button, Empty, Page } from "common/ui.js";
import { duration } from "common/texts.js";
import { tick } from "common/time.js";
import { api } from "../api.js";
import { Block, Register, Rename } from "./mitra_forms.js";
import { t } from "./mitras_texts.js";
import { Chips, Words } from "./parts/asking.js";
import { asked } from "./parts/filters.js";
import { useLoad, withRow } from "./parts/load.js";
import { Rows, Turning } from "./parts/rows.js";
import { Pill } from "./parts/seen.js";
import { work } from "./parts/words.js";
import { when } from "./parts/zone.js";

const PAGE = 50;
const STATES = ["online", "offline", "blocked"];
const DIALOGS = { rename: Rename, block: Block };

export function MitrasPage() {
  const { text, list, offset } = asked();
  const query = {
    q: text("q"),
    state: list("state").filter((one) => STATES.includes(one)),
    limit: PAGE,
    offset,
  };
  const load = useLoad((signal) => api.get("/internal/mitras", { query, signal }), JSON.stringify(query), {
    every: 4_000,
  });
  const ping = useLoad((signal) => api.get("/internal/config/mitra-ping", { signal }), "ping", {
    every: 60_000,
  });
  const [doing, setDoing] = useState(null);
  const close = () => setDoing(null);
  const Dialog = doing && DIALOGS[doing.what];

  return html`<${Page}
    title=${t("title")}
    wide
    actions=${html`<${Button} onClick=${() => setDoing({ what: "register" })}
      testid="mitra_register_button">${t("register")}<//>`}
  >
    <p class="work-lead">${t("lead")}</p>
    <form class="work-filters" aria-label=${work("filters")} onSubmit=${(event) => event.preventDefault()}>
      <${Chips} legend=${t("state")} name="state" values=${STATES} say=${(one) => t(`state_${one}`)}
        testid="mitras_state" />
      <${Words} label=${t("search")} hint=${t("search_hint")} testid="mitras_search_input" />
      <p class="work-filters-count"
        role="status">${load.data ? work("found", { n: load.data.total }) : "…"}</p>
    </form>
    <${Rows}
      caption=${t("title")}
      columns=${columns(setDoing, ping.data)}
      load=${load}
      empty=${html`<${Empty} title=${t("empty_title")} text=${t("empty_text")} icon="person" />`}
      testid="mitras_table"
      rowTestid="mitra_row"
      tone=${(row) => (row.blocked ? "work-settled" : undefined)}
    />
    <${Turning} load=${load} limit=${PAGE} offset=${offset} testid="mitras_pager" />
    ${doing?.what === "register" && html`<${Register} onClose=${close} onDone=${load.reload} />`}
    ${
      Dialog &&
      html`<${Dialog}
      key=${doing.row.id}
      row=${doing.row}
      onClose=${close}
      onDone=${(row) => load.put((page) => withRow(page, row))}
    />`
    }
  <//>`;
}

function columns(act, ping) {
  return [
    { key: "name", title: t("name"), cell: (row) => html`<strong>${row.display_name}</strong>` },
    { key: "phone", title: t("phone"), cell: (row) => html`<span class="work-number">${row.phone}</span>` },
    { key: "presence", title: t("presence"), cell: (row) => html`<${Presence} row=${row} ping=${ping} />` },
    { key: "load", title: t("load"), cell: (row) => html`<${Load} row=${row} />` },
    {
      key: "do",
      title: t("do"),
      cell: (row) => html`<span class="work-actions">
        <a href=${`#/audit/presence/${row.id}`} aria-label=${t("steps_of", { name: row.display_name })}
          data-testid="mitra_story_link"
          >${t("steps")}</a
        >
        <${Button}
          kind="quiet"
          onClick=${() => act({ what: "rename", row })}
          aria-label=${t("rename_it", { name: row.display_name })}
          testid="mitra_rename_button"
          >${t("rename")}<//
        >
        <${Button}
          kind="quiet"
          onClick=${() => act({ what: "block", row })}
          aria-label=${t(row.blocked ? "unblock_it" : "block_it", { name: row.display_name })}
          testid=${row.blocked ? "mitra_unblock_button" : "mitra_block_button"}
          >${t(row.blocked ? "unblock" : "block")}<//
        >
      </span>`,
    },
  ];
}

function Presence({ row, ping }) {
  if (row.blocked) {
    return html`<${Pill} tone="bad" testid="mitra_presence">${t("blocked")}<//>
      <small>${t("blocked_since", { when: when(row.blocked_at) })}</small>`;
  }
  const silent = row.last_heartbeat_at
    ? Math.max(0, tick.value - Date.parse(row.last_heartbeat_at) / 1000)
    : null;
  const heard = silent === null ? t("never_heard") : t("heard", { ago: duration(silent) });
  if (!row.is_online)
    return html`<${Pill} testid="mitra_presence">${t("offline")}<//><small>${heard}</small>`;
  const late =
    ping?.require_ping &&
    silent !== null &&
    silent > Math.max(ping.stale_after_seconds, ping.heartbeat_cadence_seconds);
  const word = late ? "online_stale" : row.is_connected === false ? "online_away" : "online_connected";
  return html`<${Pill} tone=${word === "online_connected" ? "good" : "waiting"}
    testid="mitra_presence">${t(word)}<//>
    <small>${heard}</small>`;
}

function Load({ row }) {
  const full = row.live_chats >= row.max_customers;
  return html`<span class="work-load">
    <meter min="0" max=${row.max_customers} value=${row.live_chats} aria-hidden="true"></meter>
    <span class="work-number">${t("load_of", { n: row.live_chats, most: row.max_customers })}</span>
    ${full && html`<${Pill} tone="waiting">${t("full")}<//>`}
  </span>`;
}
