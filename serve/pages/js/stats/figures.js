// All parts of the page, from the answer of the API.

import { h } from "../dom.js";
import { nameOf, percent, sinceWords, t } from "../i18n.js";
import { keptChart, receivedChart } from "./charts.js";
import { looking } from "./looking.js";
import { bar, card, halfCard, interval, makeTable, most, shade } from "./tables.js";

const WEEKLY_FROM_DAYS = 45;
const AGES = ["under_1_h", "under_4_h", "under_24_h", "under_3_d", "under_7_d", "older"];
const SAMPLES = ["audit", "rest"];
const LEVELS = ["immediate", "urgent", "routine", "none"];

const category = (key) => (key === "" ? t("stats.none") : nameOf("category", key));
const urgency = (key) => (key === "all" ? t("stats.all") : t(`urgency.${key}.word`));
const date = (day) => h("span", { class: "date" }, day);
const kept = (row) => row && interval({ ...row, hits: row.kept, of: row.decided }, row.sample);

/** Draw everything anew. */
export function drawFigures(box, { stats, suspicious, query }) {
  const { tables } = stats;
  box.replaceChildren(
    tiles(stats),
    received(tables, query),
    waiting(tables, query),
    keptOverTime(tables, query),
    keptBy("kept_by_category", "category", tables, query, category),
    keptBy("kept_by_model", "model", tables, query, (key) => key || t("stats.none")),
    covered(tables, query),
    overrides(tables, query),
    reasons(tables, query),
    clues(tables, query),
    ...looking({ tables, suspicious, query }),
  );
}

function tiles({ received: came, waiting_now: waits, in_review_now: claimed, cannot_tell_now: unsure, second_review_now: second, reviews, reviewers, tables }) {
  const oldest = tables.waiting.find((row) => row.urgency === "all").oldest_at;
  const audit = tables.kept.find((row) => row.sample === "audit");
  const rest = tables.kept.find((row) => row.sample === "all");
  const honest = audit.share === null ? rest : audit;
  const range = (row) => t("stats.interval", { low: Math.round(100 * row.low), high: Math.round(100 * row.high), hits: row.kept, of: row.decided });
  return h(
    "div",
    { class: "tiles" },
    tile("received", came, t("stats.tile.received_more", { reviews, reviewers })),
    tile("waiting", waits, oldest ? t("stats.tile.waiting_more", { since: sinceWords(oldest), claimed }) : t("stats.tile.waiting_none")),
    tile(audit.share === null ? "kept" : "kept_audit", honest.share === null ? "–" : percent(honest.share), honest.share === null ? t("stats.nothing") : range(honest)),
    tile("again", second, t("stats.tile.again_more", { unsure })),
  );
}

const tile = (name, value, more) =>
  h("div", { class: "card tile", id: `tile-${name}` }, h("span", { class: "tile-name" }, t(`stats.tile.${name}`)), h("strong", { class: "tile-value" }, value), h("span", { class: "muted small" }, more));

function received(tables, query) {
  const weekly = tables.received_by_day.length > WEEKLY_FROM_DAYS;
  const name = weekly ? "received_by_week" : "received_by_day";
  const counted = (table, title, label, top = Infinity) => {
    const rows = tables[table].filter(({ n }) => n > 0).slice(0, top);
    const columns = [
      { title, cell: ({ key }) => label(key) },
      { title: t("stats.reports"), cell: ({ n }) => bar(n, most(rows, (row) => row.n)) },
    ];
    return makeTable({ name: table, caption: title, columns, rows, query });
  };
  const dayColumns = [
    { title: weekly ? t("stats.week") : t("stats.day"), cell: (row) => date(row.first_day) },
    ...LEVELS.map((level) => ({ title: urgency(level), number: true, cell: (row) => row[level] })),
    { title: t("stats.all"), number: true, cell: (row) => h("strong", {}, row.total) },
  ];
  const source = (key) => (["anonymous", "account"].includes(key) ? t(`stats.source.${key}`) : key);
  return card(
    "received",
    h("div", { class: "wide chart-row" }, receivedChart(tables[name], weekly ? 7 : 1)),
    makeTable({ name, caption: t("stats.part.received.title"), columns: dayColumns, rows: tables[name].toReversed(), query }),
    counted("received_by_category", t("stats.category"), category),
    counted("received_by_urgency", t("stats.urgency"), urgency),
    counted("received_by_source", t("stats.from_whom"), source),
    counted("received_by_group", t("stats.group"), (key) => key || t("stats.none")),
  );
}

function waiting({ waiting: rows }, query) {
  const top = most(rows.filter((row) => row.urgency !== "all"), (row) => Math.max(...AGES.map((age) => row[age])));
  const columns = [
    { title: t("stats.urgency"), cell: (row) => h("span", { class: `mark u-${row.urgency}` }, urgency(row.urgency)) },
    ...AGES.map((age) => ({ title: t(`stats.age.${age}`), number: true, cell: (row) => (row.urgency === "all" ? row[age] : shade(row[age], top)) })),
    { title: t("stats.all"), number: true, cell: (row) => h("strong", {}, row.n) },
    { title: t("stats.oldest"), cell: (row) => (row.oldest_at ? sinceWords(row.oldest_at) : "–") },
  ];
  return card("waiting", h("div", { class: "wide" }, makeTable({ name: "waiting", caption: t("stats.part.waiting.title"), columns, rows, query })));
}

function keptOverTime({ kept: overall, kept_by_week: weeks }, query) {
  const names = SAMPLES.map((sample) => [sample, t(`stats.sample.${sample}`)]);
  const columns = [
    { title: t("stats.sample.title"), cell: (row) => t(`stats.sample.${row.sample}`) },
    { title: t("stats.kept"), cell: kept },
  ];
  const weekly = [{ title: t("stats.week"), cell: (row) => date(row.key) }, ...columns];
  return card(
    "kept",
    weeks.length > 0 && h("div", { class: "wide chart-row" }, keptChart(weeks, names)),
    makeTable({ name: "kept", caption: t("stats.part.kept.title"), columns, rows: overall, query }),
    makeTable({ name: "kept_by_week", caption: t("stats.chart.kept"), columns: weekly, rows: weeks.filter((row) => row.sample !== "all"), query }),
  );
}

function keptBy(name, key, tables, query, label) {
  const keys = [...new Set(tables[name].map((row) => row.key))];
  const rows = keys.map((one) => Object.fromEntries([["key", one], ...tables[name].filter((row) => row.key === one).map((row) => [row.sample, row])]));
  const columns = [
    { title: t(`stats.${key}`), cell: (row) => label(row.key) },
    ...SAMPLES.map((sample) => ({ title: t(`stats.sample.${sample}`), cell: (row) => kept(row[sample]) ?? "–" })),
    { title: t("stats.sample.all"), cell: (row) => kept(row.all) },
  ];
  return (name === "kept_by_model" ? halfCard : card)(name, h("div", { class: "wide" }, makeTable({ name, caption: t(`stats.part.${name}.title`), columns, rows, query })));
}

function covered({ coverage: rows }, query) {
  const columns = [
    { title: t("stats.model"), cell: (row) => row.model_version || t("stats.all") },
    { title: t("stats.coverage"), cell: (row) => interval({ share: row.coverage, low: row.coverage_low, high: row.coverage_high, hits: row.covered, of: row.prefilled }, "all") },
    { title: t("stats.accuracy"), cell: (row) => interval({ share: row.accuracy, low: row.accuracy_low, high: row.accuracy_high, hits: row.kept, of: row.decided }, "audit") },
  ];
  return halfCard("coverage", h("div", { class: "wide" }, makeTable({ name: "coverage", caption: t("stats.part.coverage.title"), columns, rows, query })));
}

function overrides({ overrides: cells }, query) {
  const machines = [...new Set(cells.map((cell) => cell.machine))];
  const decided = new Set(cells.map((cell) => cell.person));
  const persons = [...machines, ...decided].filter((one, at, all) => decided.has(one) && all.indexOf(one) === at); // agreement on the diagonal
  const n = (machine, person) => cells.find((cell) => cell.machine === machine && cell.person === person)?.n ?? 0;
  const top = most(cells, (cell) => cell.n);
  const columns = [
    { title: t("stats.machine_person"), cell: (machine) => category(machine) },
    ...persons.map((person) => ({
      title: category(person),
      number: true,
      cell: (machine) => h("span", { class: machine === person ? "same" : "other" }, shade(n(machine, person), top)),
    })),
  ];
  return card("overrides", h("div", { class: "wide" }, makeTable({ name: "overrides", caption: t("stats.part.overrides.title"), columns, rows: machines, query })));
}

function reasons({ reasons: rows }, query) {
  const columns = [
    { title: t("stats.verdict.title"), cell: (row) => t(`stats.verdict.${row.verdict}`) },
    { title: t("stats.reason.title"), cell: (row) => t(`stats.reason.${row.reason}`) },
    { title: t("stats.reports"), cell: (row) => bar(row.n, most(rows, (one) => one.n)) },
  ];
  return halfCard("reasons", h("div", { class: "wide" }, makeTable({ name: "reasons", caption: t("stats.part.reasons.title"), columns, rows, query })));
}

function clues({ clues_by_group: rows }, query) {
  const columns = [
    { title: t("stats.group"), cell: (row) => row.group || t("stats.none") },
    { title: t("stats.valid"), cell: (row) => interval({ ...row, hits: row.valid, of: row.decided }, "all") },
    { title: t("stats.verdict.cannot_tell"), number: true, cell: (row) => row.cannot_tell },
  ];
  return halfCard("clues", h("div", { class: "wide" }, makeTable({ name: "clues_by_group", caption: t("stats.part.clues.title"), columns, rows, query })));
}
