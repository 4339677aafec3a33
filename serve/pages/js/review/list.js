// The queue at the side: filters with counts, and a line for each report.

import { byId, h, icon } from "../dom.js";
import { moment, percent, t } from "../i18n.js";
import { CATEGORIES, URGENCIES } from "./draft.js";
import { clipOf, isPending, picturesOf, workWords } from "./media.js";
import { ago, categoryWord, stateWord, titleOf, urgencyOf, urgencyWord } from "./words.js";

const SHELVES = ["open", "mine", "decided", "all"];
const SURE = "false";
const UNSURE = "true";

/** Draw the filters. `onFilter` gets the name of a parameter of GET /v1/queue and its value, "" for none. */
export function drawFilters(filters, counts, onFilter) {
  const { by_urgency: byUrgency = {}, by_category: byCategory = {}, waiting = 0, mine = 0 } = counts ?? {};
  byId("filters").replaceChildren(
    h(
      "div",
      { class: "urgency-filters", role: "group", "aria-label": t("review.filter.urgency") },
      chip("", t("review.all_urgencies"), waiting, filters, onFilter),
      URGENCIES.map((urgency) => chip(urgency, urgencyWord(urgency), byUrgency[urgency] ?? 0, filters, onFilter)),
    ),
    h(
      "div",
      { class: "selects" },
      select("category", [["", t("review.all_categories")], ...[...CATEGORIES, "other", "not_a_hazard"].map((one) => [one, counted(categoryWord(one), byCategory[one])])], filters, onFilter),
      select("needs_human", [["", t("review.any_doubt")], [UNSURE, t("review.needs_human")], [SURE, t("review.sure")]], filters, onFilter),
      select("state", SHELVES.map((shelf) => [shelf, counted(t(`review.shelf.${shelf}`), shelf === "mine" ? mine : null)]), filters, onFilter),
    ),
  );
}

const counted = (word, n) => (n ? `${word} (${n})` : word);

function chip(urgency, word, n, filters, onFilter) {
  const on = (filters.urgency ?? "") === urgency;
  return h(
    "button",
    { type: "button", class: `chip${urgency ? ` u-${urgency}` : ""}`, "aria-pressed": String(on), "data-urgency": urgency || "any", onclick: () => onFilter("urgency", on ? "" : urgency) },
    h("span", {}, word),
    h("b", {}, n),
  );
}

function select(name, options, filters, onFilter) {
  const element = h(
    "select",
    { "aria-label": t(`review.filter.${name}`), "data-filter": name, onchange: (event) => onFilter(name, event.target.value) },
    options.map(([value, word]) => h("option", { value, selected: (filters[name] ?? "") === value || (name === "state" && !filters.state && value === "open") }, word)),
  );
  return element;
}

/** Draw the lines. */
export function drawList(reports, { openId, more, loading, onOpen, onMore }) {
  const list = byId("queue");
  const focused = list.contains(document.activeElement) ? document.activeElement.dataset.id : null;
  list.replaceChildren(...reports.map((report) => h("li", {}, line(report, report.id === openId, onOpen))));
  if (more) list.append(h("li", {}, h("button", { type: "button", class: "button wide", onclick: onMore }, t("review.more"))));
  byId("queue-empty").hidden = loading || reports.length > 0;
  list.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  if (focused) list.querySelector(`[data-id="${focused}"]`)?.focus({ preventScroll: true }); // the list may be drawn at any time
}

function line(report, open, onOpen) {
  const { name, symbol } = titleOf(report);
  const urgency = urgencyOf(report);
  return h(
    "button",
    { type: "button", class: "line", "data-id": report.id, "aria-current": open ? "true" : null, onclick: () => onOpen(report.id) },
    thumbnail(report, symbol),
    h(
      "span",
      { class: "line-words" },
      h("span", { class: "line-top" }, h("span", { class: `pill u-${urgency}` }, icon(`u-${urgency}`), urgencyWord(urgency)), h("span", { class: "line-age" }, ago(report.created_at))),
      h("span", { class: "line-name" }, name),
      h("span", { class: "line-facts" }, facts(report)),
    ),
  );
}

function thumbnail(report, symbol) {
  const pictures = picturesOf(report);
  const clip = clipOf(report);
  return h(
    "span",
    { class: "thumb-frame" },
    pictures.length > 0 ? h("img", { class: "thumb-picture", src: pictures[0].urls.preview, alt: "", loading: "lazy", decoding: "async" }) : icon(clip ? "i-clip" : symbol),
    clip && h("span", { class: "thumb-length" }, icon("i-clip"), moment(clip.duration_s), h("span", { class: "unseen" }, t("clip.word"))),
    !clip && pictures.length > 1 && h("b", { class: "thumb-count" }, pictures.length),
    isPending(report) && h("progress", { class: "thumb-progress", max: 1, value: report.work.state === "running" ? report.work.progress : 0, "aria-hidden": "true" }),
  );
}

function facts(report) {
  const words = isPending(report) ? [workWords(report.work)] : [];
  if (report.confidence !== null) words.push(t("review.confident", { percent: percent(report.confidence) }));
  if (report.needs_human && !report.verdict) words.push(t("review.unsure"));
  if (!["prefilled", "received"].includes(report.state)) words.push(stateWord(report.state));
  return words.join(" · ");
}
