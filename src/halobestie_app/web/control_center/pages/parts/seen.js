// Small things that tables show: a state as a pill, a person, an id that can be copied, a sum of money.
import { html } from "common/html.js";
import { toast } from "common/ui.js";
import { work } from "./words.js";
import { when } from "./zone.js";

const TONES = { good: "good", waiting: "warning", bad: "bad", info: "rose", quiet: "" };

/** @param {{tone?: keyof typeof TONES, children: any, testid?: string}} props */
export function Pill({ tone = "quiet", children, testid }) {
  return html`<span class=${`badge ${TONES[tone]}`} data-testid=${testid}>${children}</span>`;
}

/** An id, of which the end is enough to tell it from others; the whole of it is one click away. */
export function Id({ id, label }) {
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(id);
      toast(work("copied"), "good");
    } catch {
      toast(id, "info"); // a window without that right shows what is to be copied
    }
  };
  const name = `…${id.slice(-8)}, ${work("copy_id", { id: label ?? id })}`; // begins with what is seen
  return html`<button type="button" class="work-id" title=${id} aria-label=${name} onClick=${copy}>
    …${id.slice(-8)}
  </button>`;
}

/** A list of facts: [what, value]; what is not there is left out. */
export function Facts({ rows }) {
  return html`<dl class="work-facts">
    ${rows.filter(Boolean).map(([what, value]) => html`<div
      key=${what}><dt>${what}</dt><dd>${value}</dd></div>`)}
  </dl>`;
}

/** Who did something, and when, as the texts `by`, `already` and others name it. */
export function whoAndWhen(person, at) {
  return { who: person?.display_name ?? work("installation"), when: when(at) };
}
