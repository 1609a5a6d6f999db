// The moves of one aggregate as a chain: when, from where to where, by whom, why, on which facts.

import { html } from "common/html.js";
import { dayAndTime, duration } from "common/texts.js";
import { actor, cause, causeSentence, said } from "../pages/parts/words.js";
import { ZONE } from "../pages/parts/zone.js";
import { FactValue } from "./facts.js";
import { t } from "./texts.js";

/** @param {{log: {aggregate: string, rows: object[]}}} props */
export function Moves({ log }) {
  return html`
    <ol class="cc-moves" data-testid="audit_moves">
      ${log.rows.map((move, place) => html`
        <${Move} key=${move.version} move=${move} before=${log.rows[place - 1] ?? null} log=${log} />`)}
    </ol>`;
}

function Move({ move, before, log }) {
  const chained = move.previous_hash === (before?.hash ?? null);
  const failure = Boolean(move.cause_tag);
  return html`
    <li class="cc-move" data-failure=${failure ? "true" : undefined} data-testid="audit_move">
      ${before && html`
        <span class="cc-link" data-chained=${String(chained)}>
          <span class="cc-unseen">${t(chained ? "chained" : "unchained", { version: before.version })}</span>
        </span>`}
      <span class="cc-version" aria-hidden="true">${move.version}</span>
      <div class="cc-move-body">
        <p class="cc-move-head">
          <span class="cc-states">
            <code>${move.from_state ?? t("born")}</code><span aria-hidden="true">→</span>
            <code class="cc-to">${move.to_state}</code>
          </span>
          <time datetime=${move.at}>${exactly(move.at)}</time>
          ${before && html`
            <small class="cc-soft">${t("later", { time: between(before.at, move.at) })}</small>`}
        </p>
        <p class="cc-move-said">
          <b>${move.event}</b> <span class="cc-soft"><code>${move.command}</code></span>
          <span class="cc-actor" data-actor=${move.actor.type}>${who(move.actor)}</span>
          ${move.cause_tag && html`
            <span class="cc-why" title=${said(causeSentence, move.cause_tag)}>
              ${said(cause, move.cause_tag)}
            </span>`}
        </p>
        ${!chained && html`<p class="cc-unchained">${t("unchained", { version: before?.version ?? 0 })}</p>`}
        <details>
          <summary>${t("facts")}</summary>
          <dl class="cc-facts">
            ${Object.entries(move.facts ?? {}).map(([name, value]) => html`
              <div key=${name}>
                <dt>${name}</dt>
                <dd><${FactValue} ...${{ name, value, facts: move.facts, kind: log.aggregate }} /></dd>
              </div>`)}
            ${Object.keys(move.facts ?? {}).length === 0 && html`<div><dt>${t("no_facts")}</dt></div>`}
            <div><dt>${t("table_version")}</dt><dd><code>${move.fingerprint}</code></dd></div>
            <div><dt>${t("previous_hash")}</dt><dd><code>${move.previous_hash ?? "–"}</code></dd></div>
            <div><dt>${t("hash")}</dt><dd><code>${move.hash}</code></dd></div>
          </dl>
        </details>
      </div>
    </li>`;
}

function who({ type, display_name: name }) {
  const kind = said(actor, type);
  return name ? `${kind}: ${name}` : kind;
}

/** To the millisecond, in Jakarta. */
function exactly(instant) {
  const thousandths = (/\.(\d{3})/.exec(instant)?.[1] ?? "000");
  return `${dayAndTime(instant, { zone: ZONE, seconds: true })},${thousandths} WIB`;
}

function between(one, other) {
  const seconds = (new Date(other) - new Date(one)) / 1000;
  return seconds < 1 ? `${Math.round(seconds * 1000)} ms` : duration(seconds);
}
