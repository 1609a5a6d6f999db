// Riwayat: the chats that are over, the latest first.

import { html, useEffect, useSignal } from "common/html.js";
import { common, dayAndTime } from "common/texts.js";
import { Button, Empty, Page, Problem, Skeleton } from "common/ui.js";
import { api } from "../model/app.js";
import { t } from "../texts.js";

const PAGE = 20;

export function History() {
  const rows = useSignal(null);
  const next = useSignal(null);
  const problem = useSignal(null);

  const load = async (cursor) => {
    problem.value = null;
    try {
      const page = await api.get("/api/mitra/chat/history", { query: { cursor, limit: PAGE } });
      rows.value = cursor ? [...rows.value, ...page.rows] : page.rows;
      next.value = page.next;
    } catch (error) {
      problem.value = error;
    }
  };
  useEffect(() => {
    load();
  }, []);

  return html`
    <${Page} title=${t("history")} testid="history_screen">
      ${problem.value && html`
        <${Problem} error=${problem.value} retry=${() => load(rows.value ? next.value : undefined)} />`}
      ${!rows.value && !problem.value && html`<${Skeleton} shape="card" lines=${4} />`}
      ${rows.value?.length === 0 && html`
        <${Empty} testid="history_empty" title=${t("no_history")} text=${t("no_history_text")} />`}
      <ul class="past" data-testid="history_list">
        ${rows.value?.map((row) => html`<${Past} key=${row.session_id} row=${row} />`)}
      </ul>
      ${next.value && html`
        <${Button} kind="quiet" testid="history_more_button"
          onClick=${() => load(next.value)}>${common("more")}<//>`}
    <//>`;
}

function Past({ row }) {
  return html`
    <li class="card past-chat" data-testid="history_row">
      <div>
        <strong>${row.customer.display_name}</strong>
        <span class="soft">${t("minutes", { count: row.duration_minutes })}</span>
      </div>
      <p class="soft">${dayAndTime(row.started_at)} · ${t(`end_${row.end_reason}`)}</p>
      ${row.closing_message && html`
        <blockquote><span class="unseen">${t("closing_message")}: </span>${row.closing_message}</blockquote>`}
    </li>`;
}
