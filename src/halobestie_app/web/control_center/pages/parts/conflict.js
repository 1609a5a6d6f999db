// A lost optimistic lock: what is stored now beside what was to be stored, and whoever looks at both chooses.
import { html, useRef, useState } from "common/html.js";
import { Button, Notice } from "common/ui.js";
import { dayAndTime } from "common/texts.js";
import { ZONE } from "./zone.js";
import { work } from "./words.js";

let groups = 0;

/**
 * Show both values of everything that was lost.
 *
 * @param {{lost: {key: string, label: string, theirs: any, yours: any, by?: {display_name: string}|null, at?: string}[],
 *   onChoose: (choices: Record<string, "theirs"|"yours">) => Promise<void>, onCancel: () => void}} props
 *   `theirs` and `yours` as they are to be read.
 */
export function Conflict({ lost, onChoose, onCancel, testid = "conflict" }) {
  const [choices, setChoices] = useState(() => Object.fromEntries(lost.map((one) => [one.key, "theirs"])));
  const group = useRef(`conflict-${(groups += 1)}`).current;
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
              <span class="work-choice-value" data-testid=${`${testid}_${one.key}_${side}`}>${one[side]}</span>
              ${side === "theirs" &&
              one.at &&
              html`<small>
                ${work("conflict_by", {
                  who: one.by?.display_name ?? work("installation"),
                  when: dayAndTime(one.at, { zone: ZONE }),
                })}
              </small>`}
            </span>
          </label>`,
        )}
      </fieldset>`,
    )}
    <div class="work-doing-buttons">
      <${Button} kind="quiet" type="button" onClick=${onCancel} testid=${`${testid}_cancel_button`}>${work("cancel")}<//>
      <${Button} kind="primary" type="button" onClick=${() => onChoose(choices)} testid=${`${testid}_save_button`}>
        ${work("use_choice")}
      <//>
    </div>
  </section>`;
}
