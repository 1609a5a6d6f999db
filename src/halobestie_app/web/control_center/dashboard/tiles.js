// The figures of this moment: who is there, who waits, who talks, what an operator should look at.

import { html } from "common/html.js";
import { clock, number, rupiah } from "common/texts.js";
import { Icon } from "../icons.js";
import { t } from "./texts.js";

/** @param {{board: object | null}} props the dashboard's answer; without it the tiles keep their size */
export function Tiles({ board }) {
  return html`
    <section aria-labelledby="now-title">
      <h2 id="now-title" class="cc-unseen">${t("right_now")}</h2>
      <div class="cc-tiles" aria-busy=${String(!board)}>
        <${Tile} icon="mitras" name=${t("online")} value=${board?.presence.online} testid="dashboard_online"
          tone="teal" ...${told(board, online)} />
        <${Tile} icon="search" name=${t("searches")} value=${board && searching(board)}
          testid="dashboard_searches" tone="amber" ...${told(board, searches)} />
        <${Tile} icon="sessions" name=${t("chats")} value=${board && talking(board)} testid="dashboard_chats"
          tone="rose" ...${told(board, chats)} />
        <${Tile} icon="failures" name=${t("waiting")} value=${board && waiting(board)}
          testid="dashboard_waiting" tone="red" ...${told(board, desk)} />
      </div>
    </section>`;
}

function told(board, tell) {
  return board ? tell(board) : {};
}

function Tile({ icon, name, value, tone, lines = ["\u00a0", "\u00a0"], meter = null, calm = false, testid }) {
  return html`
    <article class="cc-tile" data-tone=${calm ? "calm" : tone} data-testid=${testid}>
      <h3><${Icon} name=${icon} />${name}</h3>
      <p class="cc-figure" data-testid=${`${testid}_figure`}>
        ${value === null || value === undefined ? html`<span class="cc-bone"></span>` : number(value)}
      </p>
      ${meter !== null && html`
        <div class="cc-meter" aria-hidden="true"><i style=${{ width: `${meter}%` }}></i></div>`}
      ${lines.map((line, place) => html`<p key=${place} class="cc-tile-line">${line}</p>`)}
    </article>`;
}

function online({ presence }) {
  const { fresh, free, capacity, busy } = presence;
  const stale = presence.online - fresh;
  return {
    meter: capacity > 0 ? (100 * busy) / capacity : 0,
    calm: presence.online === 0,
    lines: [
      capacity > 0 ? t("free", { free: number(free), capacity: number(capacity) }) : t("nobody"),
      stale > 0 ? t("stale", { count: number(stale) }) : "\u00a0",
    ],
  };
}

function searching({ searches: open }) {
  return open.general + open.returning;
}

function searches(board) {
  const { general, returning, oldest_seconds: oldest } = board.searches;
  const none = searching(board) === 0;
  return {
    calm: none,
    lines: none ? [t("searches_none"), "\u00a0"] : [
      t("searches_kinds", { general: number(general), returning: number(returning) }),
      oldest === null ? "\u00a0" : t("searches_oldest", { time: clock(oldest) }),
    ],
  };
}

function talking({ chats: live }) {
  return live.active + live.extending + live.closing;
}

function chats(board) {
  const { active, extending, closing } = board.chats;
  const counts = { active: number(active), extending: number(extending), closing: number(closing) };
  return { calm: talking(board) === 0, lines: [t("chats_states", counts)] };
}

function waiting({ open_failures: failures, quarantined_webhooks: webhooks }) {
  return failures.count + webhooks;
}

function desk(board) {
  const { count, amount } = board.open_failures;
  const webhooks = board.quarantined_webhooks;
  const lines = [];
  if (count > 0) {
    const said = t("waiting_failures", { count: number(count), amount: rupiah(amount) });
    lines.push(html`<a href="#/failures?state=open">${said}</a>`);
  }
  if (webhooks > 0) {
    lines.push(html`<a href="#/quarantine">${t("waiting_quarantine", { count: number(webhooks) })}</a>`);
  }
  if (lines.length === 0) lines.push(t("waiting_nothing"));
  return { calm: waiting(board) === 0, lines: lines.length < 2 ? [...lines, "\u00a0"] : lines };
}
