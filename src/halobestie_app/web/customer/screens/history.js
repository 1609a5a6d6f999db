// Chats one looks back at; each may be gone on with: whether that bestie is there is asked at the tap.

import { html, useState } from "common/html.js";
import { go } from "common/router.js";
import { dayAndTime, rupiah } from "common/texts.js";
import { Button, Dialog, Empty, Page, Pager, Problem, Skeleton } from "common/ui.js";
import { api } from "../model/app.js";
import { available, useAvailability } from "../model/availability.js";
import { isLive } from "../model/evening.js";
import { useFetched } from "../model/fetching.js";
import { fallBack, isThere } from "../model/searching.js";
import { t } from "../texts.js";
import { LiveBar, Nav } from "./parts.js";
import { useSpare } from "./spare.js";

const PAGE = 20;
function list(cursor, signal) {
  return api.get("/api/client/chat/history", { query: { cursor, limit: PAGE }, signal });
}

export function History() {
  const { data, error, again } = useFetched((signal) => list(null, signal));
  const [later, setLater] = useState({ rows: [], next: undefined });
  const [away, setAway] = useState(null); // {mitra, others}: whether others were there at the tap
  const rows = [...(data?.rows ?? []), ...later.rows];
  const next = later.next === undefined ? data?.next : later.next;

  const more = async () => {
    const page = await list(next);
    setLater({ rows: [...later.rows, ...page.rows], next: page.next });
  };
  const talkAgain = async (mitra) => {
    const { target_available: there, available: others } = await isThere(mitra.id);
    if (there) go(`/pay?${new URLSearchParams({ mitra: mitra.id, name: mitra.display_name })}`);
    else setAway({ mitra, others });
  };
  return html`<${Page} title=${t("history_title")} testid="history_screen">
    <${LiveBar} />
    ${error && html`<${Problem} error=${error} retry=${again} />`}
    ${!data && !error && html`<${Skeleton} shape="card" lines=${3} />`}
    ${data && !rows.length && html`<${Empty} title=${t("history_empty")} text=${t("history_empty_text")} />`}
    <ul class="list">
      ${rows.map((row) => html`<${Row} key=${row.session_id} row=${row} again=${talkAgain} />`)}
    </ul>
    <${Pager} next=${next} onNext=${more} testid="history" />
    ${away && html`<${Away} ...${away} close=${() => setAway(null)} />`}
  <//><${Nav} here="history" />`;
}

/** Whoever is still talking to that bestie goes on there: nobody pays twice for the same hour. */
function Row({ row, again }) {
  const name = row.mitra.display_name;
  const live = isLive(row);
  const how = live ? t("history_live") : row.end_reason ? t(`ended_${row.end_reason}`) : "";
  return html`<li class="card entry" data-testid="history_row">
    <div class="entry-head"><h2>${name}</h2><span class=${live ? "badge good" : "soft"}>${how}</span></div>
    <p class="soft">${dayAndTime(row.started_at)} · ${t("minutes", { count: row.duration_minutes })}</p>
    ${row.closing_message && html`<blockquote>
      <span class="soft">${t("history_message")}</span>${row.closing_message}</blockquote>`}
    <div class="row">
      <${Button} testid="history_again_button" aria-label=${t("history_again_with", { name })}
        onClick=${() => (live ? go("/") : again(row.mitra))}>${t("history_again")}<//>
      ${live
        ? html`<a href="#/" data-testid="history_open_link">${t("history_open")}</a>`
        : html`<a href=${`#/past/${row.session_id}`} data-testid="history_read_link"
            aria-label=${`${t("history_read")}: ${name}, ${dayAndTime(row.started_at)}`}>
            ${t("history_read")}</a>`}
    </div>
  </li>`;
}

/** The bestie is not there; nothing was paid, or what was paid before can still be used for somebody else. */
function Away({ mitra, others, close }) {
  useAvailability();
  const spare = useSpare();
  const there = available.value === null ? others : available.value === true;
  const other = async () => {
    if (spare) await fallBack(spare);
    else go("/pay");
    close();
  };
  const money = !spare ? t("offline_unpaid")
    : t(spare.amount > 0 ? "spare_other" : "spare_other_free", { amount: rupiah(spare.amount) });
  return html`<${Dialog} open title=${t("offline_title")} onClose=${close} testid="offline_dialog"
    actions=${html`
      <${Button} kind="quiet" testid="offline_back_button" onClick=${close}>${t("back")}<//>
      ${there && html`<${Button} testid="offline_other_button" onClick=${other}>${t("other_bestie")}<//>`}`}>
    <p>${t("offline_targeted_mitra_offline", { name: mitra.display_name })} ${money}</p>
    <p class="soft" role="status">${!there && t("offline_nobody")}</p>
  <//>`;
}
