// Who changed what: a history that is asked for when somebody opens it, and grows as they read on.
import { html, useRef, useState } from "common/html.js";
import { Button, Problem, Skeleton } from "common/ui.js";
import { catalogue } from "common/texts.js";
import { Rows } from "./rows.js";
import { said, work } from "./words.js";
import { when } from "./zone.js";

const kinds = catalogue({
  created: { id: "Dibuat", en: "Created" },
  updated: { id: "Diubah", en: "Changed" },
  deactivated: { id: "Dinonaktifkan", en: "Switched off" },
  reactivated: { id: "Diaktifkan lagi", en: "Switched on again" },
  reordered: { id: "Urutan diubah", en: "Reordered" },
  renamed: { id: "Nama diubah", en: "Renamed" },
  at: { id: "Waktu", en: "Time" },
  who: { id: "Oleh", en: "By" },
  what: { id: "Apa", en: "What" },
  change: { id: "Perubahan", en: "Change" },
});

/**
 * A history behind a summary.
 *
 * @param {{api: object, path: string, name: (row) => string, show: (row) => {what: string, before:
 *   string, after: string}[],
 *   fresh: any, testid: string}} props
 *   `name` says what a row is about; `show` gives what changed in it; another `fresh` reads the first
 *   page again.
 */
export function History({ api, path, name, show, fresh, testid }) {
  const [pages, setPages] = useState({ rows: [], next: null, asked: null, busy: false, error: null });
  const isOpen = useRef(false);
  const seen = useRef(fresh);

  const read = async (cursor) => {
    setPages((before) => ({ ...before, busy: true, error: null }));
    try {
      const page = await api.get(path, { query: cursor ? { cursor, limit: 20 } : { limit: 20 } });
      setPages((before) => ({
        rows: cursor ? [...before.rows, ...page.rows] : page.rows,
        next: page.next,
        asked: true,
        busy: false,
        error: null,
      }));
    } catch (error) {
      setPages((before) => ({ ...before, busy: false, error }));
    }
  };
  if (seen.current !== fresh) {
    seen.current = fresh;
    if (isOpen.current) queueMicrotask(() => read(null));
  }
  const toggled = (event) => {
    isOpen.current = event.currentTarget.open;
    if (isOpen.current) read(null);
  };

  return html`<details class="work-history" onToggle=${toggled} data-testid=${testid}>
    <summary>${work("history")}</summary>
    ${pages.error && html`<${Problem} error=${pages.error} retry=${() => read(null)} />`}
    ${pages.busy && !pages.asked && html`<${Skeleton} lines=${4} />`}
    ${pages.asked && pages.rows.length === 0 && html`<p>${work("history_empty")}</p>`}
    ${pages.rows.length > 0 && html`<${Changes} rows=${pages.rows} name=${name} show=${show} testid=${testid}
      />`}
    ${
      pages.next &&
      html`<${Button} kind="quiet" busy=${pages.busy} onClick=${() => read(pages.next)}
        testid=${`${testid}_more_button`}>
      ${work("more")}
    <//>`
    }
  </details>`;
}

function Changes({ rows, name, show, testid }) {
  const columns = [
    { key: "at", title: kinds("at"), cell: (row) => html`<time datetime=${row.at}>${when(row.at)}</time>` },
    { key: "who", title: kinds("who"), cell: (row) => row.changed_by?.display_name ?? work("installation") },
    {
      key: "what",
      title: kinds("what"),
      cell: (row) => html`${name(row)} <small>${said(kinds, row.change_kind)}</small>`,
    },
    { key: "change", title: kinds("change"), cell: (row) => html`<${Difference} parts=${show(row)} />` },
  ];
  const known = rows.map((row, place) => ({ ...row, id: `${row.at}-${place}` }));
  const load = { data: { rows: known }, error: null, turning: false };
  return html`<${Rows} caption=${work("history")} columns=${columns} load=${load} testid=${`${testid}_table`}
    />`;
}

function Difference({ parts }) {
  if (parts.length === 0) return "–";
  return html`<ul class="work-difference">
    ${parts.map(
      (part) => html`<li key=${part.what}>
        ${part.what && html`<span class="work-difference-what">${part.what}</span>`}
        ${part.before !== null && html`<del>${part.before}</del> <span aria-hidden="true">→</span>`}
        <ins>${part.after}</ins>
      </li>`,
    )}
  </ul>`;
}

/**
 * Say what differs between two objects.
 *
 * @param {object|null} before nothing: all of `after` is new.
 * @param {Record<string, {what: string, show: (value: any) => string}>} words the members worth a word,
 *   in order.
 */
export function differences(before, after, words) {
  return Object.entries(words)
    .filter(([key]) => after && key in after && JSON.stringify(before?.[key]) !== JSON.stringify(after[key]))
    .map(([key, word]) => ({
      what: word.what,
      before: before ? word.show(before[key]) : null,
      after: word.show(after[key]),
    }));
}
