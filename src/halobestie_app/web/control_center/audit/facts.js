// A command's fact as a reader wants it: ids of other aggregates lead there.

import { html } from "common/html.js";
import { when } from "../pages/parts/zone.js";

const ID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d/;
const KIND_OF = {
  payment_session_id: "payment",
  extension_payment_session_id: "payment",
  pairing_request_id: "pairing",
  request_id: "pairing",
  session_id: "chat",
  extension_id: "extension",
  mitra_id: "presence",
  mitra_ids: "presence",
  targeted_mitra_id: "presence",
  winner_mitra_id: "presence",
};

/**
 * What kind of aggregate a fact names.
 * @param {string} name of the fact
 * @param {object} facts all of the command
 * @param {string} aggregate whose command it was
 * @returns {string | null} null for what has no log of its own
 */
export function kindOf(name, facts, aggregate) {
  if (name === "by" && aggregate === "payment") return facts.for_extension ? "extension" : "pairing";
  return KIND_OF[name] ?? null;
}

/** @param {{name: string, value: unknown, facts: object, kind: string}} props */
export function FactValue({ name, value, facts, kind }) {
  if (value === null || value === undefined) return html`<span class="cc-soft">–</span>`;
  if (Array.isArray(value)) {
    return value.length === 0 ? html`<span class="cc-soft">[ ]</span>` : html`
      <span class="cc-fact-list">${value.map((one, place) => html`
        <${FactValue} key=${place} name=${name} value=${one} facts=${facts} kind=${kind} />`)}</span>`;
  }
  if (typeof value === "object") return html`<code>${JSON.stringify(value)}</code>`;
  if (typeof value !== "string") return html`<code>${String(value)}</code>`;
  const to = ID.test(value) ? kindOf(name, facts, kind) : null;
  if (to) return html`<a href=${`#/audit/${to}/${value}`}><code>${value}</code></a>`;
  if (INSTANT.test(value)) {
    return html`<time datetime=${value} title=${value}>${when(value, { seconds: true })} WIB</time>`;
  }
  return html`<code>${value}</code>`;
}

/**
 * The other aggregates that a log's facts name, each once, in the order they come.
 * @param {{aggregate: string, id: string, rows: object[]}} log
 * @returns {{kind: string, id: string}[]}
 */
export function namedIn(log) {
  const found = new Map();
  for (const { facts, actor } of log.rows) {
    for (const [name, value] of Object.entries(facts ?? {})) {
      for (const one of [value].flat()) {
        const kind = ID.test(one) ? kindOf(name, facts, log.aggregate) : null;
        if (kind && one !== log.id) found.set(one, { kind, id: one });
      }
    }
    if (actor.type === "mitra" && actor.id && actor.id !== log.id) {
      found.set(actor.id, { kind: "presence", id: actor.id, name: actor.display_name });
    }
  }
  return [...found.values()];
}
