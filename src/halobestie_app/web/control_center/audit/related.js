// The aggregates around one: the payment, its requests, the chat, its extensions, the mitras.

import { html, useEffect, useSignal } from "common/html.js";
import { api } from "../api.js";
import { machine as nameOf, said, state } from "../pages/parts/words.js";
import { namedIn } from "./facts.js";
import { t } from "./texts.js";

const ORDER = ["payment", "pairing", "chat", "extension", "presence"];

/** @param {{log: {aggregate: string, id: string, rows: object[]}}} props */
export function Related({ log }) {
  const story = useSignal(null);
  const named = namedIn(log);
  const payment = log.aggregate === "payment" ? log.id : named.find(({ kind }) => kind === "payment")?.id;

  useEffect(() => {
    if (!payment) return undefined;
    const ending = new AbortController();
    api.get(`/internal/payments/${payment}`, { signal: ending.signal })
      .then((found) => (story.value = found), () => {}); // what the log names is enough
    return () => ending.abort();
  }, [payment, log.rows.length]);

  const all = merged(named, story.value, log.id);
  return html`
    <aside class="cc-card cc-related" aria-labelledby="related-title">
      <h2 id="related-title">${t("related")}</h2>
      ${all.length === 0 && html`<p class="cc-soft">${t("nothing_related")}</p>`}
      <ul>
        ${all.map((one) => html`
          <li key=${one.id}>
            <a href=${`#/audit/${one.kind}/${one.id}`} data-testid=${`audit_related_${one.kind}`}>
              <span>${said(nameOf, one.kind)}${one.name ? ` · ${one.name}` : ""}</span>
              <small>
                <code>…${one.id.slice(-8)}</code>${one.status && ` · ${said(state, one.status)}`}
              </small>
            </a>
          </li>`)}
      </ul>
      ${payment && html`
        <a class="cc-related-story" href=${`#/failures/${payment}`}>${t("related_story")}</a>`}
    </aside>`;
}

function merged(named, story, own) {
  const all = new Map(named.map((one) => [one.id, one]));
  const add = (kind, one) => {
    if (one) all.set(one.id, { ...all.get(one.id), kind, id: one.id, status: one.status });
  };
  if (story) {
    add("payment", story.payment);
    story.requests.forEach((one) => add("pairing", one));
    add("chat", story.session);
    story.extensions.forEach((one) => add("extension", one));
  }
  all.delete(own);
  return [...all.values()].sort((one, other) => ORDER.indexOf(one.kind) - ORDER.indexOf(other.kind));
}
