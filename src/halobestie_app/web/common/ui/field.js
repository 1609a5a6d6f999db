// Inputs tied to their labels, hints and errors, so that they are read out together. Knows no form.

import { html, useId } from "common/html.js";
import { common } from "common/texts.js";

function tied(id, hint, error) {
  const about = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return { id, "aria-describedby": about || undefined, "aria-invalid": error ? "true" : undefined };
}

function Around({ id, label, hint, error, optional, children }) {
  return html`<div class="field">
    <label for=${id}>${label}${optional && html` <span class="soft">(${common("optional")})</span>`}</label>
    ${children}
    ${hint && html`<small class="hint" id=${`${id}-hint`}>${hint}</small>`}
    <div class="field-error" id=${`${id}-error`} aria-live="polite">${error}</div>
  </div>`;
}

/**
 * A labelled input, or a text area with `multiline`. Other attributes (`value`, `onInput`, `inputmode`,
 * `autocomplete`, ...) are the input's.
 *
 * @param {{label: unknown, hint?: unknown, error?: unknown, optional?: boolean, multiline?: boolean,
 *   prefix?: unknown, testid?: string}} props
 */
export function Field({ label, hint, error, optional, multiline, prefix, testid, id: given, ...input }) {
  const made = useId();
  const id = given ?? made;
  const props = { ...input, ...tied(id, hint, error), "data-testid": testid };
  const control = multiline
    ? html`<textarea rows="3" ...${props}></textarea>`
    : html`<input type="text" ...${props} />`;
  return html`<${Around} ...${{ id, label, hint, error, optional }}>
    ${prefix
      ? html`<div class="prefixed"><span aria-hidden="true">${prefix}</span>${control}</div>`
      : control}
  <//>`;
}

/**
 * A labelled choice.
 *
 * @param {{label: unknown, options?: {value: string, label: string, disabled?: boolean}[], value?: string,
 *   hint?: unknown, error?: unknown, testid?: string, children?: unknown}} props `children` instead of
 *   `options`
 */
export function Select({
  label, options, value, hint, error, optional, testid, id: given, children, ...select
}) {
  const made = useId();
  const id = given ?? made;
  return html`<${Around} ...${{ id, label, hint, error, optional }}>
    <select ...${select} value=${value} ...${tied(id, hint, error)} data-testid=${testid}>
      ${children ?? (options ?? []).map((option) => html`<option key=${option.value} value=${option.value}
        selected=${option.value === value} disabled=${option.disabled}>${option.label}</option>`)}
    </select>
  <//>`;
}

/**
 * On or off. `onChange` gets the DOM event: `event.currentTarget.checked` is what is wished. It shows
 * `checked`, whatever was tapped: the truth is the caller's.
 *
 * @param {{label: unknown, hint?: unknown, checked: boolean, busy?: boolean, disabled?: boolean,
 *   testid?: string, onChange: (event: Event) => unknown}} props
 */
export function Switch({ label, hint, checked, busy = false, disabled = false, testid, onChange, ...input }) {
  const id = useId();
  async function changed(event) {
    const shown = event.currentTarget;
    if (!busy && !disabled) await onChange?.(event);
    shown.checked = shown.dataset.checked === "true";
  }
  return html`<div class="switch">
    <label for=${id}><span>${label}</span>
      ${hint && html`<small class="hint" id=${`${id}-hint`}>${hint}</small>`}</label>
    <input ...${input} type="checkbox" role="switch" id=${id} checked=${checked}
      data-checked=${String(checked)} data-testid=${testid}
      aria-disabled=${busy || disabled ? "true" : undefined} aria-busy=${busy ? "true" : undefined}
      aria-describedby=${hint ? `${id}-hint` : undefined}
      onChange=${changed} />
  </div>`;
}
