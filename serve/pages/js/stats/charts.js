// Charts by uPlot, in the colours of the page. Each stands beside a table of the same numbers.

import { h } from "../dom.js";
import { dayAndMonth, t } from "../i18n.js";
import uPlot from "../../vendor/uplot/uPlot.esm.js";

const HEIGHT_PX = 260;
const DAY_S = 86_400;
const LEVELS = ["immediate", "urgent", "routine", "none"]; // from the bottom up

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const seconds = (day) => Date.parse(`${day}T00:00:00Z`) / 1000;

/** Reports a day or week, stacked by urgency. */
export function receivedChart(rows, stepDays) {
  const days = rows.map((row) => seconds(row.first_day));
  // Each bar reaches up to the sum of all below it, and is drawn before them: what stays visible is its own part.
  const stacked = LEVELS.map((_, at) => rows.map((row) => LEVELS.slice(0, at + 1).reduce((sum, level) => sum + row[level], 0)));
  const series = LEVELS.map((level) => ({
    label: t(`urgency.${level}.word`),
    fill: colour(`--chart-${level}`),
    stroke: colour("--surface"),
    width: 1,
    paths: uPlot.paths.bars({ size: [0.8, 60] }),
    points: { show: false },
    value: (_plot, _shown, _series, at) => (at === null ? "–" : rows[at][level]),
  }));
  return makeChart({
    label: t("stats.chart.received"),
    data: [days, ...stacked.toReversed()],
    series: series.toReversed(),
    pad: (stepDays * DAY_S) / 2,
    y: { range: (_plot, _low, high) => [0, Math.max(4, high * 1.1)] },
    yValues: (value) => (Number.isInteger(value) ? value : ""),
  });
}

/** The share of pre-fills that were kept a week, with its 95 % interval, for each sample. */
export function keptChart(rows, samples) {
  const weeks = [...new Set(rows.map(({ key }) => key))];
  const find = (week, sample) => rows.find((row) => row.key === week && row.sample === sample);
  const data = [weeks.map(seconds)];
  const series = [];
  const bands = [];
  for (const [sample, name] of samples) {
    const ink = colour(`--chart-${sample}`);
    const values = (of) => weeks.map((week) => find(week, sample)?.[of] ?? null);
    data.push(values("high"), values("low"), values("share"));
    bands.push({ series: [series.length + 1, series.length + 2], fill: `${ink}2e` });
    series.push(
      { label: name, show: true, stroke: "transparent", points: { show: false }, class: "edge" },
      { label: name, show: true, stroke: "transparent", points: { show: false }, class: "edge" },
      { label: name, stroke: ink, width: 2.5, points: { show: true, size: 8, fill: ink }, spanGaps: true, value: (_plot, value) => share(value) },
    );
  }
  return makeChart({ label: t("stats.chart.kept"), data, series, bands, pad: 3.5 * DAY_S, y: { range: [0, 1] }, yValues: share });
}

const share = (value) => (value === null || value === undefined ? "–" : `${Math.round(100 * value)} %`);

function makeChart({ label, data, series, bands = [], pad, y, yValues }) {
  const box = h("div", { class: "chart", role: "img", "aria-label": label });
  const axis = { stroke: colour("--muted"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false }, font: "13px system-ui" };
  const options = {
    width: 300,
    height: HEIGHT_PX,
    series: [{ label: t("stats.day"), value: (_plot, value) => (value === null || value === undefined ? "–" : dayAndMonth(value * 1000)) }, ...series],
    bands,
    scales: { x: { time: true, range: (_plot, low, high) => [low - pad, high + pad] }, y },
    axes: [
      { ...axis, size: 32, grid: { show: false }, splits: (plot) => ticks(plot.data[0], plot.bbox.width / devicePixelRatio), values: (_plot, splits) => splits.map((at) => dayAndMonth(at * 1000)) },
      { ...axis, size: 48, values: (_plot, splits) => splits.map(yValues) },
    ],
    cursor: { drag: { x: false, y: false }, points: { show: false } },
    legend: { live: true },
  };
  const plot = new uPlot(options, data, box);
  new ResizeObserver(([{ contentRect: { width } }]) => width > 0 && plot.setSize({ width: Math.floor(width), height: HEIGHT_PX })).observe(box);
  return box;
}

/** As many of the days as there is room for labels. */
function ticks(days, widthPx) {
  const every = Math.max(1, Math.ceil(days.length / Math.max(1, Math.floor(widthPx / 64))));
  return days.filter((_, at) => at % every === 0);
}
