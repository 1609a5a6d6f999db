// A chart's figures as a table, for who does not see it or wants to copy them.

import { html, useSignal } from "common/html.js";
import { bucketName } from "./buckets.js";
import { t } from "./texts.js";

/** @param {{label: string, lines: object[], starts: number, step: number, said: Function}} props */
export function Alternative({ label, lines, starts, step, said }) {
  const open = useSignal(false);
  return html`
    <details class="cc-alternative" onToggle=${(event) => (open.value = event.currentTarget.open)}>
      <summary>${t("as_table")}</summary>
      ${open.value && html`<${Figures} ...${{ label, lines, starts, step, said }} />`}
    </details>`;
}

function Figures({ label, lines, starts, step, said }) {
  const places = [...(lines[0]?.values ?? []).keys()].reverse()
    .filter((place) => lines.some((line) => line.values[place]));
  return html`
    <div class="cc-scroll" tabindex="0" role="group" aria-label=${label}>
      <table class="cc-table">
        <caption class="cc-unseen">${label}</caption>
        <thead><tr>
          <th scope="col">${t("bucket")}</th>
          ${lines.map((line) => html`<th key=${line.key} scope="col" class="cc-number">${line.name}</th>`)}
        </tr></thead>
        <tbody>
          ${places.map((place) => html`
            <tr key=${place}>
              <th scope="row">${bucketName(starts + place * step, step)}</th>
              ${lines.map((line) => html`
                <td key=${line.key} class="cc-number">${said(line.values[place])}</td>`)}
            </tr>`)}
          ${places.length === 0 && html`<tr><td colspan=${lines.length + 1}>${t("nothing")}</td></tr>`}
        </tbody>
      </table>
    </div>
    ${places.length > 0 && html`<p class="cc-soft"><small>${t("only_some")}</small></p>`}`;
}
