// A series over time as a picture: stacked bars or lines; its legend tells sums, or the time pointed at.

import uPlot from "uplot";
import { html, useEffect, useRef, useSignal } from "common/html.js";
import { language } from "common/texts.js";
import { shown as theme } from "common/theme.js";
import { ZONE } from "../pages/parts/zone.js";
import { Alternative } from "./alternative.js";
import { bucketName, tickName } from "./buckets.js";
import { colour, optionsOf } from "./options.js";

/**
 * @typedef {object} Line
 * @property {string} key
 * @property {string} name
 * @property {string} colour a token, such as "--hb-chart-1"
 * @property {(number | null)[]} values one per bucket
 * @property {number | null} whole of the window: a sum, or what else stands for all of it
 */

/**
 * @param {object} props
 * @param {string} props.label what the chart is of, and what it says, in one sentence
 * @param {{starts_at: string, bucket_seconds: number}} props.series
 * @param {"stack" | "lines"} props.kind
 * @param {Line[]} props.lines the first is the lowest of a stack
 * @param {(value: number | null) => string} props.said a value in words
 * @param {boolean} [props.whole] only whole numbers on the axis
 * @param {boolean} [props.bars] the legend compares the sums by bars
 */
export function Chart({ label, series, kind, lines, said, whole = false, bars = false, testid }) {
  const place = useRef(null);
  const chart = useRef(null);
  const pointed = useSignal(null);
  const starts = Date.parse(series.starts_at) / 1000;
  const step = series.bucket_seconds;
  const count = lines[0]?.values.length ?? 0;
  const drawn = lines.map((line) => line.key + line.colour);
  const shape = [kind, step, count, language.value, theme.value, ...drawn].join();

  useEffect(() => {
    const host = place.current;
    const options = optionsOf({
      kind, lines, said, whole, step,
      ticks: (seconds, every) => tickName(seconds, every),
      zoned: (seconds) => uPlot.tzDate(new Date(seconds * 1000), ZONE),
      size: sizeOf(host),
      bars: uPlot.paths.bars,
      onPoint: (index) => (pointed.value = index),
    });
    chart.current = new uPlot(options, dataOf(kind, lines, starts, step), host);
    const watch = new ResizeObserver(() => chart.current?.setSize(sizeOf(host)));
    watch.observe(host);
    return () => {
      watch.disconnect();
      chart.current.destroy();
      chart.current = null;
    };
  }, [shape]);

  useEffect(() => chart.current?.setData(dataOf(kind, lines, starts, step)), [starts, lines]);

  const at = pointed.value !== null && pointed.value < count ? pointed.value : null;
  const most = Math.max(1, ...lines.map((line) => line.whole ?? 0));
  return html`
    <figure class="cc-chart" data-testid=${testid}>
      <div class="cc-plot" ref=${place} role="img" aria-label=${label}></div>
      <figcaption>
        <p class="cc-chart-at" aria-hidden="true">
          ${at === null ? "\u00a0" : bucketName(starts + at * step, step)}
        </p>
        <ul class="cc-legend" data-bars=${bars ? "true" : undefined}>
          ${lines.map((line) => html`
            <li key=${line.key}>
              <i ref=${(mark) => mark && (mark.style.background = colour(line.colour))}></i>
              <span>${line.name}</span>
              ${bars && html`<${Bar} share=${(line.whole ?? 0) / most} paint=${line.colour} />`}
              <b>${said(at === null ? line.whole : line.values[at])}</b>
            </li>`)}
        </ul>
        <${Alternative} label=${label} lines=${lines} starts=${starts} step=${step} said=${said} />
      </figcaption>
    </figure>`;
}

function Bar({ share, paint }) {
  const style = { width: `${100 * share}%`, background: `var(${paint})` };
  return html`<span class="cc-bar" aria-hidden="true"><i style=${style}></i></span>`;
}

function sizeOf(host) {
  return { width: Math.max(120, Math.floor(host.clientWidth)), height: Math.floor(host.clientHeight) };
}

/** What the library draws: times, then each line; a stack is drawn from its top, so sums come first. */
function dataOf(kind, lines, starts, step) {
  const shift = kind === "lines" ? 0.5 : 0;
  const times = (lines[0]?.values ?? []).map((_, place) => starts + (place + shift) * step);
  if (kind === "lines") return [times, ...lines.map((line) => line.values)];
  const sums = [];
  for (const line of lines) {
    const below = sums.at(-1);
    sums.push(line.values.map((value, place) => (value ?? 0) + (below ? below[place] : 0)));
  }
  return [times, ...sums.reverse()];
}
