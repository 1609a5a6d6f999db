// A table of what was asked for: bones while it comes, the last that was heard while it cannot, a word
// where it is empty.
import { html } from "common/html.js";
import { Notice, Pager, Problem, Table } from "common/ui.js";
import { ask } from "./filters.js";
import { work } from "./words.js";

/**
 * @param {{caption: string, columns: {key: string, title: string, numeric?: boolean, cell: (row) => any}[],
 *   load: {data?: {rows: {id: string}[]}, error: Error|null, turning: boolean, reload: () => any},
 *   empty?: any,
 *   testid: string, rowTestid?: string, tone?: (row) => string|undefined, bones?: number}} props
 *   `load` of useLoad; `empty` stands where nothing was found; `tone` is a class of the row.
 */
export function Rows({ caption, columns, load, empty, testid, rowTestid, tone, bones = 8 }) {
  const { data, error, turning, reload } = load;
  if (!data && error) return html`<${Problem} error=${error} retry=${reload} />`;
  return html`
    ${data && error && html`<${Notice} kind="warning" live
      testid=${`${testid}_old`}>${work("old_shown")}<//>`}
    ${
      data?.rows.length === 0 && !turning
        ? empty
        : html`<div class="work-rows">
          <${Table}
            caption=${caption}
            header=${columns.map((one) => ({ text: one.title, numeric: one.numeric }))}
            rows=${
              data?.rows.map((row) => ({
                key: row.id,
                testid: rowTestid,
                class: tone?.(row),
                cells: columns.map((one) => html`<div class="work-cell">${one.cell(row)}</div>`),
              })) ?? null
            }
            loading=${Boolean(turning || !data)}
            bones=${bones}
            testid=${testid}
          />
        </div>`
    }
  `;
}

/**
 * The way through pages, where there is more than one.
 *
 * @param {{load: object, limit: number, offset: number, testid: string}} props
 */
export function Turning({ load, limit, offset, testid }) {
  const total = load.data?.total ?? 0;
  if (total <= limit && offset === 0) return null;
  return html`<${Pager} total=${total} limit=${limit} offset=${offset}
    onChange=${(next) => ask({ offset: next })} testid=${testid} />`;
}
