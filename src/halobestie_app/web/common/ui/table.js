// Rows of data: a table on wide screens, cards on narrow ones, a table to those who hear it; and its pages.

import { html } from "common/html.js";
import { common } from "common/texts.js";
import { Button } from "common/ui/button.js";

/**
 * @param {{caption: unknown, header: (string|{text: unknown, numeric?: boolean})[],
 *   rows: (unknown[]|{key?: string, cells: unknown[], testid?: string, class?: string})[]|null,
 *   empty?: unknown, loading?: boolean, testid?: string, showCaption?: boolean}} props a cell per heading;
 *   `rows` null or `loading` without rows: bones; loading with rows keeps them, dimmed
 */
export function Table({
  caption, header, rows, empty, loading = false, testid, showCaption = false, bones = 5, ...rest
}) {
  const heads = header.map((head) => (typeof head === "object" && head !== null ? head : { text: head }));
  const lines = (rows ?? []).map((row) => (Array.isArray(row) ? { cells: row } : row));
  const numeric = (index) => (heads[index]?.numeric ? "numeric" : "");
  const missing = lines.length === 0 && (loading || !rows);
  return html`<div class="table-around" ...${rest}>
    <table role="table" data-testid=${testid} aria-busy=${loading || missing ? "true" : "false"}>
      <caption class=${showCaption ? "" : "unseen"}>${caption}</caption>
      <thead role="rowgroup"><tr role="row">
        ${heads.map((head, index) => html`<th scope="col" role="columnheader" key=${index}
          class=${numeric(index)}>${head.text}</th>`)}</tr></thead>
      <tbody role="rowgroup">
        ${lines.map((line, at) => html`<tr role="row" key=${line.key ?? at} class=${line.class}
          data-testid=${line.testid}>
          ${line.cells.map((cell, index) => html`<td role="cell" key=${index} class=${numeric(index)}
            data-head=${plain(heads[index]?.text)}>${cell}</td>`)}</tr>`)}
        ${missing && Array.from({ length: bones }, (_, at) => html`<tr key=${`bone${at}`} class="bones"
          aria-hidden="true">
          ${heads.map((head, index) => html`<td key=${index}><span class="bone"></span></td>`)}</tr>`)}
        ${!missing && lines.length === 0 && html`<tr role="row" class="nothing">
          <td role="cell" colspan=${heads.length}>${empty ?? common("nothing_yet")}</td></tr>`}
      </tbody>
    </table>
  </div>`;
}

function plain(text) {
  return typeof text === "string" ? text : undefined;
}

/**
 * The way through pages: by `offset`, `limit` and `total`, or by a cursor (`next`, `onNext`).
 *
 * @param {{offset?: number, limit?: number, total?: number, onChange?: (offset: number) => unknown,
 *   next?: string|null, onNext?: () => unknown, testid?: string}} props
 */
export function Pager({ offset = 0, limit = 50, total, onChange, next, onNext, testid = "pager" }) {
  if (total === undefined) {
    return next ? html`<nav class="pager" aria-label=${common("pages")} data-testid=${testid}>
      <${Button} kind="quiet" testid=${`${testid}_more_button`} onClick=${onNext}>
        ${common("more")}<//></nav>` : null;
  }
  const range = { from: total ? offset + 1 : 0, to: Math.min(offset + limit, total), total };
  return html`<nav class="pager" aria-label=${common("pages")} data-testid=${testid}>
    <span class="soft" aria-live="polite">${common("page_range", range)}</span>
    <${Button} kind="quiet" testid=${`${testid}_before_button`} disabled=${offset <= 0}
      onClick=${() => onChange(Math.max(0, offset - limit))}>${common("page_before")}<//>
    <${Button} kind="quiet" testid=${`${testid}_after_button`} disabled=${offset + limit >= total}
      onClick=${() => onChange(offset + limit)}>${common("page_after")}<//>
  </nav>`;
}
