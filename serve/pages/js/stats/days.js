// Which days: two dates, and buttons for the usual spans. They stand in the address, so that a link shows the same.

import { byId, h } from "../dom.js";
import { onLanguage, t } from "../i18n.js";

const SPANS = [7, 28, 90, 365];
const DAY_MS = 86_400_000;

/** { from, to } of the address; without them the server decides. */
export function daysFromAddress() {
  const asked = new URLSearchParams(location.search);
  return Object.fromEntries(["from", "to"].filter((name) => asked.get(name)).map((name) => [name, asked.get(name)]));
}

/** Call `load` with { from, to } whenever a person chooses other days. */
export function listenForDays(load) {
  const choose = (days) => {
    history.pushState(null, "", `?${new URLSearchParams(days)}`);
    load(days);
  };
  byId("days").addEventListener("submit", (event) => {
    event.preventDefault();
    choose({ from: byId("from").value, to: byId("to").value });
  });
  window.addEventListener("popstate", () => load(daysFromAddress()));
  onLanguage(() => byId("quick").replaceChildren(...SPANS.map((days) => quick(days, choose))));
}

function quick(days, choose) {
  const pick = () => choose({ from: localDay(Date.now() - (days - 1) * DAY_MS), to: localDay(Date.now()) });
  return h("button", { type: "button", class: "button quiet", onclick: pick }, t("stats.last_days", { n: days }));
}

/** Show the days that the figures are about. */
export function showDays({ from, to }) {
  byId("from").value = from;
  byId("to").value = to;
}

function localDay(ms) {
  const date = new Date(ms);
  const two = (n) => String(n).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
