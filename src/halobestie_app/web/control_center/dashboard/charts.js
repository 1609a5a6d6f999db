// What happened in the last hour, day or week: pairing, times to accept, failures by cause, ends of payments.

import { html } from "common/html.js";
import { number } from "common/texts.js";
import { Chart } from "../charts/chart.js";
import { cause, said, state } from "../pages/parts/words.js";
import { t } from "./texts.js";

const CAUSE_COLOURS = [1, 3, 4, 5, 2]; // the last is the colour of what goes well
const ENDS = [
  ["consumed", "--hb-chart-2"], ["failed_pairing", "--hb-chart-1"], ["expired", "--hb-chart-3"],
  ["abandoned", "--hb-chart-6"],
];

/** @param {{window: object, span: "hour"|"day"|"week", payments: Record<string, number>}} props */
export function Charts({ window: seen, span, payments }) {
  const within = t(`in_${span}`);
  return html`
    <div class="cc-charts">
      <${Pairing} seen=${seen} within=${within} />
      <${Accepting} seen=${seen} within=${within} />
      <${Causes} seen=${seen} within=${within} />
      <${Payments} seen=${seen} within=${within} now=${payments} />
    </div>`;
}

function Card({ title, figure, unit, children, testid }) {
  return html`
    <article class="cc-card cc-chart-card" data-testid=${testid}>
      <header>
        <h3>${title}</h3>
        <p>
          <b class="cc-figure" data-testid=${`${testid}_figure`}>${figure}</b>${" "}
          <span class="cc-soft">${unit}</span>
        </p>
      </header>
      ${children}
    </article>`;
}

function Pairing({ seen, within }) {
  const { success, series } = seen;
  const lines = ["accepted", "failed"].map((key, place) => ({
    key, name: t(key), colour: `--hb-chart-${2 - place}`, values: series[key], whole: success[key],
  }));
  const label = t("pairing_label", {
    window: within, accepted: number(success.accepted), failed: number(success.failed),
  });
  return html`
    <${Card} title=${t("pairing")} figure=${percent(success.rate)} unit=${t("success")}
      testid="dashboard_pairing">
      <${Chart} label=${label} series=${series} kind="stack" lines=${lines} said=${counted} whole />
    <//>`;
}

function Accepting({ seen, within }) {
  const { time_to_accept: time, series } = seen;
  const lines = [
    { key: "p50", name: t("p50"), colour: "--hb-chart-2", values: series.p50, whole: time.p50 },
    { key: "p95", name: t("p95"), colour: "--hb-chart-4", values: series.p95, whole: time.p95 },
  ];
  const label = t("accept_label", { window: within, p50: seconds(time.p50), p95: seconds(time.p95) });
  return html`
    <${Card} title=${t("accept")} figure=${seconds(time.p50)} unit=${t("middle")} testid="dashboard_accept">
      <${Chart} label=${label} series=${series} kind="lines" lines=${lines} said=${seconds} />
    <//>`;
}

function Causes({ seen, within }) {
  const counts = Object.entries(seen.failures_by_cause);
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  const ranked = counts.filter(([, count]) => count > 0).sort(([, one], [, other]) => other - one);
  const lines = ranked.slice(0, CAUSE_COLOURS.length).map(([tag, count], place) => ({
    key: tag, name: said(cause, tag), colour: `--hb-chart-${CAUSE_COLOURS[place]}`,
    values: seen.series.failures_by_cause[tag], whole: count,
  }));
  const rest = ranked.slice(CAUSE_COLOURS.length);
  if (rest.length) lines.push(others(rest, seen.series.failures_by_cause));
  const [first] = lines;
  const most = first ? t("causes_most", { name: first.name, count: number(first.whole) }) : "";
  const nothing = seen.series.failed.map(() => 0);
  const shown = first ? lines
    : [{ key: "none", name: t("causes_none"), colour: "--hb-chart-2", values: nothing, whole: 0 }];
  const label = t("causes_label", { window: within, count: number(total), most }).trim();
  return html`
    <${Card} title=${t("causes")} figure=${number(total)} unit=${t("causes_unit")} testid="dashboard_causes">
      <${Chart} label=${label} series=${seen.series} kind="stack" lines=${shown} said=${counted} whole bars />
    <//>`;
}

function others(rest, series) {
  const [[first]] = rest;
  const values = series[first].map((_, place) => rest.reduce((sum, [tag]) => sum + series[tag][place], 0));
  const whole = rest.reduce((sum, [, count]) => sum + count, 0);
  return { key: "others", name: t("causes_other"), colour: "--hb-chart-6", values, whole };
}

function Payments({ seen, within, now }) {
  const entered = seen.payments_by_state;
  const lines = ENDS.map(([name, colour]) => ({
    key: name, name: said(state, name), colour,
    values: seen.series.payments_by_state[name], whole: entered[name],
  }));
  const label = t("payments_label", {
    window: within, consumed: number(entered.consumed), failed: number(entered.failed_pairing),
    over: number(entered.expired + entered.abandoned),
  });
  return html`
    <${Card} title=${t("payments")} figure=${number(entered.pending)} unit=${t("payments_unit")}
      testid="dashboard_payments">
      <${Chart} label=${label} series=${seen.series} kind="stack" lines=${lines} said=${counted} whole />
      <h4 class="cc-soft">${t("payments_now")}</h4>
      <dl class="cc-states-now">
        ${Object.entries(now).map(([name, count]) => html`
          <div key=${name}><dt>${said(state, name)}</dt>
            <dd data-testid=${`dashboard_payments_${name}`}>${number(count)}</dd></div>`)}
      </dl>
    <//>`;
}

function percent(rate) {
  return rate === null ? "–" : number(rate, { style: "percent", maximumFractionDigits: 1 });
}

function seconds(value) {
  return value === null || value === undefined ? "–"
    : t("seconds", { count: number(value, { maximumFractionDigits: value < 1 ? 2 : value < 10 ? 1 : 0 }) });
}

function counted(value) {
  return value === null || value === undefined ? "–" : number(value);
}
