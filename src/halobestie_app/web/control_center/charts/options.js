// How the charting library is to draw: quiet axes, colours of the theme. Knows no figure.

const HOUR = 3600;
const DAY = 24 * HOUR;
const CROWD = 100;
const WHOLE = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000].flatMap((one) => [one, 2 * one, 5 * one]);

/** The colour that a token stands for in the theme of the moment; a canvas knows no tokens. */
export function colour(token) {
  return getComputedStyle(document.documentElement).getPropertyValue(token).trim() || "gray";
}

/** @returns {object} options of uPlot */
export function optionsOf({ kind, lines, said, whole, step, ticks, zoned, size, bars, onPoint }) {
  const font = "12px system-ui, sans-serif";
  const quiet = colour("--hb-soft");
  const grid = { stroke: colour("--hb-line"), width: 1 };
  const drawn = kind === "lines" ? lines : [...lines].reverse();
  return {
    ...size,
    tzDate: zoned,
    legend: { show: false },
    padding: [10, 20, 0, 0],
    cursor: {
      y: false,
      drag: { x: false, y: false },
      points: { show: kind === "lines" },
      dataIdx: (chart, _series, index, time) => {
        const place = Math.floor((time - chart.scales.x.min) / step);
        return Number.isFinite(place) ? Math.min(Math.max(0, place), chart.data[0].length - 1) : index;
      },
    },
    hooks: { setCursor: [(chart) => onPoint(chart.cursor.left < 0 ? null : chart.cursor.idx)] },
    scales: {
      x: { time: true, range: (chart) => spanOf(chart.data[0], step, kind) },
      y: { range: (_chart, _low, high) => [0, topOf(high, whole)] },
    },
    axes: [
      {
        stroke: quiet, font, grid: { show: false }, ticks: { ...grid, size: 5 }, size: 30, space: 56,
        incrs: [60, 300, 600, 900, 1800, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY],
        values: (_chart, splits, _axis, _space, every) => splits.map((seconds) => ticks(seconds, every)),
      },
      {
        stroke: quiet, font, grid, ticks: { show: false }, size: kind === "lines" ? 58 : 44, space: 30,
        ...(whole ? { incrs: WHOLE } : {}),
        values: (_chart, splits) => splits.map((value) => said(value)),
      },
    ],
    series: [{}, ...drawn.map((line) => seriesOf(line, kind, bars))],
  };
}

function seriesOf(line, kind, bars) {
  const paint = colour(line.colour);
  if (kind === "lines") {
    const points = { show: true, size: 6, fill: paint, stroke: paint, filter: pointsOf };
    return { label: line.name, stroke: paint, width: 2, points };
  }
  return {
    label: line.name, fill: paint, stroke: paint, width: 0, points: { show: false },
    paths: bars({ size: [0.78, 40, 1], align: 1, radius: 0 }),
  };
}

/** Points where there are few, and where a line would have no length. */
function pointsOf(chart, place) {
  const values = chart.data[place];
  const there = (index) => values[index] !== null && values[index] !== undefined;
  const all = values.length <= CROWD;
  return [...values.keys()].filter((at) => there(at) && (all || !(there(at - 1) || there(at + 1))));
}

function spanOf(times, step, kind) {
  if (times.length === 0) return [0, 1];
  const begin = times[0] - (kind === "lines" ? step / 2 : 0);
  return [begin, begin + times.length * step];
}

function topOf(high, whole) {
  if (!high) return whole ? 4 : 1;
  return whole ? Math.max(4, Math.ceil(high * 1.08)) : high * 1.12;
}
