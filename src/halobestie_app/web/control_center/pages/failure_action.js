// What an operator did with failed money: chosen, confirmed and recorded once; whoever is second sees who
// was first.
import { html, useState } from "common/html.js";
import { Field, Notice, toast } from "common/ui.js";
import { api } from "../api.js";
import { t } from "./failures_texts.js";
import { isUsable, moneyOf, nameOf } from "./failures.js";
import { Doing } from "./parts/doing.js";
import { whoAndWhen } from "./parts/seen.js";
import { cause, said, work } from "./parts/words.js";
import { when } from "./parts/zone.js";

const ACTIONS = ["refunded", "credited", "no_action"];

/** @param {{row: object, onClose: () => void, onSettled: (row) => void, onGone: () => void}} props */
export function FailureAction({ row, onClose, onSettled, onGone }) {
  const [action, setAction] = useState(null);
  const [note, setNote] = useState("");
  const amount = moneyOf(row);
  const needsNote = action === "no_action" && note.trim() === "";

  const send = async () => {
    const body = note.trim() ? { action, note: note.trim() } : { action };
    try {
      const settled = await api.post(`/internal/failed-pairings/${row.id}/action`, body, { key: true });
      onSettled(settled);
      toast(t("act_done", { action: t(action), amount }), "good");
      onClose();
    } catch (error) {
      if (error.code === "ALREADY_ACTIONED" && error.body?.current) onSettled(error.body.current);
      if (error.code === "INVALID_STATE" || error.code === "NOT_FOUND") onGone();
      throw error;
    }
  };

  return html`<${Doing}
    open
    title=${t("act_title", { amount })}
    submit=${action ? t("act_submit_as", { action: t(action) }) : t("act_submit")}
    kind=${action === "no_action" ? "danger" : "primary"}
    disabled=${!action || needsNote}
    testid="failed_action"
    onSubmit=${send}
    onClose=${onClose}
    explain=${explain}
  >
    <p><strong>${nameOf(row)}</strong> · ${said(cause, row.cause_tag)} · ${when(row.created_at)}</p>
    <fieldset class="work-choices" data-testid="failed_action_select">
      <legend>${t("act_choose")}</legend>
      ${ACTIONS.map(
        (name) => html`<label key=${name} class="work-choice">
          <input
            type="radio"
            name="action"
            value=${name}
            checked=${action === name}
            onChange=${() => setAction(name)}
            data-testid=${`failed_action_${name}_radio`}
          />
          <span><span class="work-choice-title">${t(name)}</span><small>${t(`${name}_text`)}</small></span>
        </label>`,
      )}
    </fieldset>
    <${Field}
      label=${action === "no_action" ? work("note") : work("note_optional")}
      multiline
      maxlength="1000"
      value=${note}
      onInput=${(event) => setNote(event.currentTarget.value)}
      testid="failed_action_note_input"
    />
    ${isUsable(row) && html`<${Notice}
      kind="warning">${t("act_usable", { when: when(row.fallback_until) })}<//>`}
    <p><small>${t("act_once")}</small></p>
  <//>`;
}

function explain(error) {
  const first = error.body?.current;
  if (error.code === "ALREADY_ACTIONED" && first) {
    return html`<span data-testid="failed_action_first">${t("already", {
      ...whoAndWhen(first.actioned_by, first.actioned_at),
      action: t(first.operator_action),
    })}</span>
      ${first.note && html`<br />${t("already_note", { note: first.note })}`}`;
  }
  if (error.code === "INVALID_STATE") return t("in_use");
  if (error.code === "NOT_FOUND") return t("gone");
  return undefined;
}
