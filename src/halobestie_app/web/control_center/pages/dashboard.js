// Everything at a glance, as it changes: figures of this moment, and what happened lately.

import { html } from "common/html.js";
import { replace } from "common/router.js";
import { time } from "common/texts.js";
import { Button, Notice, Page, Problem, Skeleton } from "common/ui.js";
import { Charts } from "../dashboard/charts.js";
import { t } from "../dashboard/texts.js";
import { Tiles } from "../dashboard/tiles.js";
import { again, board, connection, trouble } from "../live.js";
import { ZONE } from "./parts/zone.js";

const SPANS = ["hour", "day", "week"];

/** @param {{query: URLSearchParams}} props */
export function DashboardPage({ query }) {
  const asked = query.get("window");
  const span = SPANS.includes(asked) ? asked : "hour";
  const figures = board.value;
  return html`
    <${Page} title=${t("title")} wide testid="dashboard_page">
      <${Freshness} figures=${figures} />
      ${figures && !figures.complete && html`<${Notice} kind="warning">${t("behind")}<//>`}
      <${Tiles} board=${figures} />
      <section aria-labelledby="over-time-title">
        <header class="cc-section-head">
          <h2 id="over-time-title">${t("over_time")}</h2>
          <${Spans} chosen=${span} />
        </header>
        ${figures
          ? html`<${Charts} window=${figures.windows[span]} span=${span} payments=${figures.payments} />`
          : html`<div class="cc-charts" aria-hidden="true">
              ${[1, 2, 3, 4].map((place) => html`
                <div key=${place} class="cc-card cc-chart-card cc-chart-waiting">
                  <${Skeleton} lines=${6} />
                </div>`)}
            </div>`}
      </section>
    <//>`;
}

/** Whether these are the figures of now; the place is kept, so that nothing moves when they are not. */
function Freshness({ figures }) {
  const away = connection.value === "away";
  if (!figures && away && trouble.value) {
    return html`<${Problem} error=${trouble.value} retry=${again} testid="dashboard_problem" />`;
  }
  if (!figures || !away) {
    const text = !figures ? "\u00a0" : connection.value === "polling" ? t("asked") : t("live");
    return html`<p class="cc-fresh" data-testid="dashboard_fresh" data-state=${connection.value}>${text}</p>`;
  }
  return html`
    <p class="cc-fresh" data-state="away" role="status" data-testid="dashboard_old">
      ${t("old", { time: time(figures.at, { zone: ZONE }) })}
      <${Button} kind="link" onClick=${again}>${t("retry_now")}<//>
    </p>`;
}

function Spans({ chosen }) {
  return html`
    <div class="cc-chooser cc-spans" role="group" aria-label=${t("window")}>
      ${SPANS.map((span) => html`
        <button key=${span} type="button" aria-pressed=${String(span === chosen)}
          data-testid=${`dashboard_window_${span}`} onClick=${() => replace(`/dashboard?window=${span}`)}>
          ${t(span)}
        </button>`)}
    </div>`;
}
