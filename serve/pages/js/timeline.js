// The time of a clip as a line: when things were seen, and which moment is shown. Places are shares of the length.

import { h } from "./dom.js";
import { moment } from "./i18n.js";

const LEAST_SHARE = 0.006; // what was seen for a moment can still be seen here

/**
 * @typedef {{ label: string, hazard: string | null, time_s: number, from_s: number, until_s: number }} Sighting
 */

/**
 * Sightings in rows: one for each hazard, in the order in which they are given; context comes last.
 * @param {Sighting[]} sightings
 * @returns {{ hazard: string | null, sightings: Sighting[] }[]}
 */
export function lanesOf(sightings) {
  const lanes = new Map();
  for (const one of sightings) lanes.set(one.hazard, [...(lanes.get(one.hazard) ?? []), one]);
  return [...lanes]
    .map(([hazard, ones]) => ({ hazard, sightings: ones }))
    .sort((one, other) => Number(one.hazard === null) - Number(other.hazard === null));
}

/**
 * Where things of one width go on a line, each as near to its own middle as the others let it, in their order.
 * @param {number[]} middles rising, pixels
 * @param {number} width of each
 * @param {number} total of the line
 * @returns {number[]} left edges; where there is no room for all, they overlap evenly
 */
export function spread(middles, width, total) {
  const last = middles.length - 1;
  if (middles.length * width > total) return middles.map((_, n) => (last > 0 ? (n * (total - width)) / last : 0));
  const lefts = [];
  middles.forEach((middle, n) => lefts.push(Math.max(middle - width / 2, n > 0 ? lefts[n - 1] + width : 0)));
  for (let n = last; n >= 0; n -= 1) lefts[n] = Math.min(lefts[n], n < last ? lefts[n + 1] - width : total - width);
  return lefts;
}

/** "0:12 – 0:19", or "0:12" where that is all. */
export function whenWords({ from_s: from, until_s: until }) {
  return moment(from) === moment(until) ? moment(from) : `${moment(from)} – ${moment(until)}`;
}

/**
 * The line itself; for pointers only, since whoever uses the keyboard has the player and the list.
 * @param {{ duration_s: number, detections: Sighting[] }} media
 * @param {(seconds: number) => void} onSeek
 * @returns {{ element: HTMLElement, setNow: (seconds: number) => void }}
 */
export function makeTimeline({ duration_s: length, detections }, onSeek) {
  const share = (seconds) => Math.max(0, Math.min(1, length > 0 ? seconds / length : 0));
  const now = h("span", { class: "timeline-now" });
  const lanes = lanesOf(detections).map(({ hazard, sightings }) =>
    h("div", { class: `lane hz-${hazard ?? "context"}` }, sightings.map((one) => bar(one, share))),
  );
  const track = h("div", { class: "timeline-track" }, lanes.length > 0 ? lanes : h("div", { class: "lane" }), now);
  track.addEventListener("pointerdown", ({ clientX }) => {
    const { left, width } = track.getBoundingClientRect();
    onSeek(Math.max(0, Math.min(1, (clientX - left) / width)) * length);
  });
  const axis = h("div", { class: "timeline-axis" }, h("span", {}, moment(0)), h("span", {}, moment(length)));
  return {
    element: h("div", { class: "timeline", "aria-hidden": "true" }, track, axis),
    setNow: (seconds) => {
      now.style.left = `${share(seconds) * 100}%`;
    },
  };
}

function bar({ from_s: from, until_s: until }, share) {
  const span = h("span", { class: "sighting" });
  const start = Math.min(share(from), 1 - LEAST_SHARE);
  span.style.left = `${start * 100}%`;
  span.style.width = `${Math.max(LEAST_SHARE, share(until) - start) * 100}%`;
  return span;
}
