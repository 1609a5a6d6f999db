// A lost optimistic lock: what is stored now beside what was to be stored, and whoever looks at both chooses.
import { html, useId, useState } from "common/html.js";
import { Button, Notice } from "common/ui.js";
import { whoAndWhen } from "./seen.js";
import { work } from "./words.js";

/**
 * Show both values of everything that was lost.
 *
 * @param {{lost: {key: string, label: string, theirs: any, yours: any, last?: object}[],
 *   onChoose: (choices: Record<string, "theirs"|"yours">) => Promise<void>, onCancel: () => void}} props
 *   `theirs` and `yours` as they are to be read; `last` is the row of the history that tells who was first.
 */
export function Conflict({ lost, onChoose, onCancel, testid = "conflict" }) {
  const [choices, setChoices] = useState(() => Object.fromEntries(lost.map((one) => [one.key, "theirs"])));
  const group = useId();
  const choose = (key, choice) => setChoices((before) => ({ ...before, [key]: choice }));

  return html`<section class="work-conflict" data-testid=${testid} role="alert">
    <${Notice} kind="warning"><strong>${work("conflict_title")}</strong> ${work("conflict_text")}<//>
    ${lost.map(
      (one) => html`<fieldset key=${one.key} class="work-conflict-one">
        <legend>${one.label}</legend>
        ${["theirs", "yours"].map(
          (side) => html`<label class="work-choice" key=${side}>
            <input
              type="radio"
              name=${`${group}-${one.key}`}
              checked=${choices[one.key] === side}
              onChange=${() => choose(one.key, side)}
              data-testid=${`${testid}_${one.key}_${side}_radio`}
            />
            <span>
              <span class="work-choice-title">${work(side)}</span>
              <span class="work-choice-value"
                data-testid=${`${testid}_${one.key}_${side}`}>${one[side]}</span>
              ${
                side === "theirs" &&
                one.last &&
                html`<small>
                ${work("conflict_by", whoAndWhen(one.last.changed_by, one.last.at))}
              </small>`
              }
            </span>
          </label>`,
        )}
      </fieldset>`,
    )}
    <div class="work-doing-buttons">
      <${Button} kind="quiet" type="button" onClick=${onCancel}
        testid=${`${testid}_cancel_button`}>${work("cancel")}<//>
      <${Button} kind="primary" type="button" onClick=${() => onChoose(choices)}
        testid=${`${testid}_save_button`}>
        ${work("use_choice")}
      <//>
    </div>
  </section>`;
}

/**
 * Find who was first, for those who were second.
 *
 * @param {{get: Function}} api
 * @param {string} path of a history
 * @param {(row: object) => boolean} about whether a row is about what was lost
 * @returns {Promise<object|undefined>} nothing where the history cannot be had: the values are told
 *   without it.
 */
export async function lastChange(api, path, about) {
  const page = await api.get(path, { query: { limit: 50 } }).catch(() => ({ rows: [] }));
  return page.rows.find(about);
}
