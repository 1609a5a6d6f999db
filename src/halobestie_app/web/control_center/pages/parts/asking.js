// Inputs of filters that write straight into the address: chips to tick, and words that are sent when
// typing pauses.
import { html, useEffect, useRef, useState } from "common/html.js";
import { Field } from "common/ui.js";
import { ask, asked } from "./filters.js";

const TYPING_MS = 350;

/**
 * Several of a few values; none ticked is all of them.
 *
 * @param {{legend: string, name: string, values: string[], say: (value: string) => string, testid:
 *   string}} props
 */
export function Chips({ legend, name, values, say, testid }) {
  const chosen = asked().list(name);
  const toggle = (value, on) =>
    ask({ [name]: values.filter((one) => (one === value ? on : chosen.includes(one))) });
  return html`<${Ticks} legend=${legend} values=${values} chosen=${chosen} say=${say} onToggle=${toggle}
    testid=${testid} />`;
}

/** Chips whose meaning is the caller's. */
export function Ticks({ legend, values, chosen, say, hint, onToggle, testid, unseen }) {
  return html`<fieldset class="work-chips">
    <legend class=${unseen ? "unseen" : ""}>${legend}</legend>
    ${values.map(
      (value) => html`<label key=${value} class="work-chip" title=${hint?.(value)}>
        <input
          type="checkbox"
          checked=${chosen.includes(value)}
          onChange=${(event) => onToggle(value, event.currentTarget.checked)}
          data-testid=${`${testid}_${value}_checkbox`}
        /><span>${say(value)}</span>
      </label>`,
    )}
  </fieldset>`;
}

/** Words to look for, in `q`. @param {{label: string, hint: string, testid: string}} props */
export function Words({ label, hint, testid }) {
  const text = asked().text("q");
  const [typed, setTyped] = useState(text);
  const timer = useRef(0);
  useEffect(() => setTyped(text), [text]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const send = (words) => {
    clearTimeout(timer.current);
    if (words.trim() !== asked().text("q")) ask({ q: words.trim() });
  };
  const type = (event) => {
    const words = event.currentTarget.value;
    setTyped(words);
    clearTimeout(timer.current);
    timer.current = setTimeout(send, TYPING_MS, words);
  };
  return html`<${Field}
    label=${label}
    hint=${hint}
    type="search"
    maxlength="100"
    autocomplete="off"
    value=${typed}
    onInput=${type}
    onKeyDown=${(event) => event.key === "Enter" && send(typed)}
    testid=${testid}
  />`;
}
