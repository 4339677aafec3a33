// Tables of figures: numbers to read, with bars and intervals to see.

import { h } from "../dom.js";
import { percent, t } from "../i18n.js";

/**
 * @typedef {{ title: string, cell: (row: object) => Node | string | number, number?: boolean }} Column
 */

/**
 * @param {{ name: string, caption: string, columns: Column[], rows: object[], query: URLSearchParams }} table `name` is
 *        that of the API; `query` holds the days
 * @returns {HTMLElement} the table and its CSV link.
 */
export function makeTable({ name, caption, columns, rows, query }) {
  return h(
    "div",
    { class: "table-box" },
    h(
      "div",
      { class: "scroll", tabindex: 0, role: "group", "aria-label": caption },
      h(
        "table",
        { "data-table": name },
        h("caption", { class: "unseen" }, caption),
        h("thead", {}, h("tr", {}, columns.map(({ title, number }) => h("th", { scope: "col", class: number && "number" }, title)))),
        h(
          "tbody",
          {},
          rows.length === 0
            ? h("tr", {}, h("td", { colspan: columns.length, class: "muted" }, t("stats.nothing")))
            : rows.map((row) => h("tr", {}, columns.map((column, at) => makeCell(column, row, at)))),
        ),
      ),
    ),
    csvLink(name, query),
  );
}

function makeCell({ cell, number }, row, at) {
  return h(at === 0 ? "th" : "td", at === 0 ? { scope: "row" } : { class: number && "number" }, cell(row));
}

export const csvLink = (name, query) =>
  h("a", { class: "csv", href: `/v1/stats.csv?table=${name}&${query}`, download: "", "aria-label": t("stats.csv_of", { name }) }, t("stats.csv"));

/** A number with a bar as long as its part of the largest one. */
export function bar(n, most, className = "") {
  const value = h("span", { class: `bar-value ${className}` });
  value.style.width = `${most > 0 ? (100 * n) / most : 0}%`;
  return h("span", { class: "bar" }, h("span", { class: "bar-number" }, n), h("span", { class: "bar-track", "aria-hidden": "true" }, value));
}

/** A share as a dot with its 95 % interval, and in words: "90 % (60–98), 9 of 10". */
export function interval({ share, low, high, hits, of }, className = "") {
  if (share === null) return h("span", { class: "muted" }, "–");
  const range = h("span", { class: "range-span" });
  range.style.left = `${100 * low}%`;
  range.style.width = `${100 * (high - low)}%`;
  const dot = h("span", { class: "range-dot" });
  dot.style.left = `${100 * share}%`;
  return h(
    "span",
    { class: "interval" },
    h("span", { class: `range ${className}`, "aria-hidden": "true" }, range, dot),
    h("strong", {}, percent(share)),
    h("span", { class: "muted small" }, t("stats.interval", { low: Math.round(100 * low), high: Math.round(100 * high), hits, of })),
  );
}

/** A cell of a grid, the darker the more. */
export function shade(n, most) {
  const cell = h("span", { class: "shade" }, n === 0 ? "·" : n);
  cell.style.setProperty("--share", String(most > 0 ? n / most : 0));
  cell.classList.toggle("dark", most > 0 && n / most > 0.55);
  return cell;
}

export const most = (rows, of) => Math.max(0, ...rows.map(of));

/** A card of the page: title, what it means, and its parts. */
export const card = (key, ...parts) => makeCard("card part", key, parts);

/** The same, half as wide where there is room for two. */
export const halfCard = (key, ...parts) => makeCard("card part half", key, parts);

const makeCard = (className, key, parts) =>
  h(
    "section",
    { class: className, id: `part-${key}`, "aria-labelledby": `title-${key}` },
    h("h2", { id: `title-${key}` }, t(`stats.part.${key}.title`)),
    h("p", { class: "muted small" }, t(`stats.part.${key}.hint`)),
    h("div", { class: "part-body" }, parts),
  );
