// One setting in a form: its label, what it does, its bounds, its default, and what is wrong with what was
// typed.
import { html } from "common/html.js";
import { Button, Field, Notice, Select, Switch } from "common/ui.js";
import {
  HANDLES,
  THRESHOLD,
  descriptionOf,
  isChanged,
  labelOf,
  shown,
  typed,
  wrongWith,
} from "./setting_values.js";
import { t } from "./settings_texts.js";
import { Pill } from "./parts/seen.js";

/**
 * @param {{row: object, draft: any, error?: string, cadence?: number, requirePing?: boolean,
 *   onDraft: (draft: any) => void}} props `draft` as the form holds it; `error`: what the server said of it.
 */
export function SettingField({ row, draft, error, cadence, requirePing, onDraft }) {
  const changed = isChanged(row, draft);
  const wrong = changed ? wrongWith(row, draft) || error : error;
  const label = html`${labelOf(row)} ${changed && html`<${Pill} tone="info">${t("changed")}<//>`}`;
  const testid = `settings_${row.key}_input`;
  const common = { label, hint: hint(row), error: wrong, testid };
  return html`<div class="work-setting" data-changed=${changed ? "true" : undefined}
    data-testid=${`settings_${row.key}`}>
    ${row.key === THRESHOLD && cadence && html`<${Cadence} seconds=${cadence} />`}
    <${Control} row=${row} draft=${draft} common=${common} onDraft=${onDraft} />
    ${row.key === THRESHOLD && cadence && html`<${Closeness} draft=${draft} cadence=${cadence}
      requirePing=${requirePing} />`}
    ${
      !isDefault(row, draft) &&
      html`<p class="work-setting-default">
      <${Button}
        kind="quiet"
        type="button"
        aria-label=${t("to_default_of", { value: shown(row, row.default), label: labelOf(row) })}
        onClick=${() => onDraft(typed(row, row.default))}
        testid=${`settings_${row.key}_default_button`}
        >${t("to_default")}: ${shown(row, row.default)}<//
      >
    </p>`
    }
  </div>`;
}

function isDefault(row, draft) {
  return row.type === "json" || String(draft) === String(row.default);
}

function hint(row) {
  const bounds = row.type === "int" ? t("bounds", { min: row.min, max: row.max }) : "";
  const usual = row.type === "json" ? "" : t("usual", { value: shown(row, row.default) });
  return [descriptionOf(row), bounds, usual].filter(Boolean).join(" ");
}

function Control({ row, draft, common, onDraft }) {
  if (row.type === "bool") {
    return html`<${Switch}
        label=${common.label}
        hint=${common.hint}
        checked=${draft}
        onChange=${(event) => onDraft(event.currentTarget.checked)}
        testid=${common.testid}
      />
      ${common.error && html`<small class="work-wrong">${common.error}</small>`}`;
  }
  if (row.type === "choice") {
    return html`<${Select}
      ...${common}
      value=${draft}
      options=${row.choices.map((choice) => ({ value: choice, label: shown(row, choice) }))}
      onChange=${(event) => onDraft(event.currentTarget.value)}
    />`;
  }
  if (row.type === "json")
    return html`<${Handles} row=${row} draft=${draft} common=${common} onDraft=${onDraft} />`;
  return html`<${Field}
    ...${common}
    class="work-short"
    inputmode="numeric"
    autocomplete="off"
    value=${draft}
    onInput=${(event) => onDraft(event.currentTarget.value)}
  />`;
}

function Handles({ row, draft, common, onDraft }) {
  return html`<p><small>${common.hint} ${t("handles_hint")}</small></p>
    ${HANDLES.map(
      (name) => html`<${Field}
        key=${name}
        label=${t(name)}
        hint=${t(`${name}_hint`)}
        maxlength="200"
        type=${name === "email" ? "email" : "text"}
        autocomplete="off"
        value=${draft[name] ?? ""}
        onInput=${(event) => onDraft({ ...draft, [name]: event.currentTarget.value })}
        testid=${`settings_${row.key}_${name}_input`}
      />`,
    )}
    ${common.error && html`<small class="work-wrong">${common.error}</small>`}`;
}

function Cadence({ seconds }) {
  return html`<div class="work-cadence">
    <${Field}
      label=${t("cadence")}
      hint=${t("cadence_text", { n: seconds })}
      value=${t("cadence_value", { n: seconds })}
      class="work-short"
      readonly
      testid="settings_heartbeat_cadence_seconds_input"
    />
  </div>`;
}

function Closeness({ draft, cadence, requirePing }) {
  const seconds = Number(draft);
  return html`<div role="status">
    ${seconds >= cadence && seconds < 2 * cadence && html`<${Notice}
      kind="warning">${t("close_to_cadence", { n: 2 * cadence })}<//>`}
    ${requirePing === false && html`<${Notice} kind="info">${t("not_required")}<//>`}
  </div>`;
}
