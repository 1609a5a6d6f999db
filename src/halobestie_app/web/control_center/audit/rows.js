// The rows of a table that an edge stands for; and all of a machine, for who rather reads than looks.

import { html } from "common/html.js";
import { number } from "common/texts.js";
import { cause, causeSentence, said } from "../pages/parts/words.js";
import { t } from "./texts.js";

/**
 * What is told about the edge that is pointed at. Its place is kept free, so that nothing moves.
 * @param {{machine: object, edge: import("./edges.js").Edge | null}} props
 */
export function EdgeDetails({ machine, edge }) {
  return html`
    <div class="cc-edge-details" data-testid="audit_edge_details">
      ${edge ? html`
        <h3><code>${edge.from}</code> → <code>${edge.to}</code>
          <small>${about(machine.events, edge.event)}</small></h3>
        ${edge.cause && edge.cause !== "carried" && html`
          <p class="cc-cause-said"><b>${said(cause, edge.cause)}</b> ${said(causeSentence, edge.cause)}</p>`}
        <${RowTable} rows=${edge.rows} caption=${t("rows")} short />
        ${shares(edge.rows) && html`<p class="cc-soft"><small>${t("shared_count")}</small></p>`}`
      : html`<p class="cc-soft">${t("hint")}</p>`}
    </div>`;
}

/** @param {{rows: object[], caption: string, short?: boolean}} props `short`: without what all rows share */
export function RowTable({ rows, caption, short = false }) {
  return html`
    <div class="cc-scroll" tabindex="0" role="group" aria-label=${caption}>
      <table class="cc-table" data-testid=${short ? "audit_edge_rows" : "audit_rows"}>
        <caption class="cc-unseen">${caption}</caption>
        <thead><tr>
          ${!short && html`<th scope="col">${t("row_from")}</th>`}
          <th scope="col">${t("row_command")}</th>
          <th scope="col">${t("row_guard")}</th>
          ${!short && html`<th scope="col">${t("row_to")}</th><th scope="col">${t("row_event")}</th>`}
          <th scope="col">${t("row_cause")}</th>
          <th scope="col">${t("row_sets")}</th>
          <th scope="col" class="cc-number">${t("row_count")}</th>
        </tr></thead>
        <tbody>
          ${rows.map((row, place) => html`
            <tr key=${place}>
              ${!short && html`<td><code>${row.from}</code></td>`}
              <td><code>${row.command}</code></td>
              <td title=${row.guard.means}>${row.guard.name}</td>
              ${!short && html`<td><code>${row.to}</code></td><td><code>${row.event}</code></td>`}
              <td>${row.cause === "carried" ? t("cause_carried") : said(cause, row.cause) || "–"}</td>
              <td>${row.sets.length ? html`<code>${row.sets.join(", ")}</code>` : "–"}</td>
              <td class="cc-number">${number(row.count)}</td>
            </tr>`)}
        </tbody>
      </table>
    </div>`;
}

function about(events, name) {
  return events.find((event) => event.name === name)?.about ?? name;
}

function shares(rows) {
  return new Set(rows.map((row) => row.command)).size < rows.length;
}
