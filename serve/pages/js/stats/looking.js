// How reviewing goes, what a model in the shadow would have said, and which decisions to look at again.

import { h } from "../dom.js";
import { clock, nameOf, percent, t } from "../i18n.js";
import { card, halfCard, interval, makeTable } from "./tables.js";

export const looking = ({ tables, suspicious, query }) => [
  agreement(tables, query),
  times(tables, query),
  shadow(tables, query),
  again(suspicious),
];

function agreement({ agreement: rows }, query) {
  const columns = [
    { title: t("stats.what"), cell: (row) => t(`stats.${row.what}`) },
    { title: t("stats.agreed"), cell: (row) => interval({ ...row, hits: row.agreed, of: row.n }, "all") },
    { title: t("stats.kappa"), number: true, cell: (row) => (row.kappa === null ? "–" : row.kappa.toFixed(2)) },
  ];
  return halfCard("agreement", h("div", { class: "wide" }, makeTable({ name: "agreement", caption: t("stats.part.agreement.title"), columns, rows, query })));
}

function times({ review_time: rows }, query) {
  const columns = [
    { title: t("stats.verdict.title"), cell: (row) => (row.verdict === "all" ? t("stats.all") : t(`stats.verdict.${row.verdict}`)) },
    { title: t("stats.reviews"), number: true, cell: (row) => row.n },
    { title: t("stats.median"), number: true, cell: (row) => `${row.median_s.toFixed(1)} s` },
    { title: t("stats.p90"), number: true, cell: (row) => `${row.p90_s.toFixed(1)} s` },
  ];
  return halfCard("review_time", h("div", { class: "wide" }, makeTable({ name: "review_time", caption: t("stats.part.review_time.title"), columns, rows, query })));
}

function shadow({ shadow: rows }, query) {
  const right = (row, who) => interval({ share: row[`${who}_share`], low: row[`${who}_low`], high: row[`${who}_high`], hits: row[`${who}_right`], of: row.decided }, who);
  const columns = [
    { title: t("stats.model"), cell: (row) => row.model_version },
    { title: t("stats.reports"), number: true, cell: (row) => row.seen },
    { title: t("stats.same"), number: true, cell: (row) => (row.seen ? percent(row.same / row.seen) : "–") },
    { title: t("stats.shadow_right"), cell: (row) => right(row, "shadow") },
    { title: t("stats.active_right"), cell: (row) => right(row, "active") },
    { title: t("stats.only_shadow"), number: true, cell: (row) => row.only_shadow_right },
    { title: t("stats.only_active"), number: true, cell: (row) => row.only_active_right },
  ];
  return card("shadow", h("div", { class: "wide" }, makeTable({ name: "shadow", caption: t("stats.part.shadow.title"), columns, rows, query })));
}

function again({ reports, looked_at: lookedAt, complete }) {
  const words = complete ? t("stats.looked_at", { n: lookedAt }) : t("stats.looked_at_part", { n: lookedAt });
  return card(
    "again",
    h(
      "div",
      { class: "wide" },
      h("p", { class: "small" }, words),
      h("ol", { class: "again", id: "again" }, reports.map(row)),
    ),
  );
}

function row({ link, decided_at: decidedAt, machine, person, confidence, model_version: version, doubts }) {
  const what = `${machine === null ? t("stats.none") : nameOf("category", machine)} → ${nameOf("category", person)}`;
  return h(
    "li",
    {},
    h("a", { class: "again-link", href: link }, what),
    h("ul", { class: "doubts" }, doubts.map((doubt) => h("li", { class: "doubt" }, doubtWords(doubt)))),
    h("span", { class: "muted small" }, `${clock(Date.parse(decidedAt))} · ${confidence === null ? "–" : percent(confidence)} · ${version ?? "–"}`),
  );
}

function doubtWords({ why, photo, label, score, iou }) {
  const values = {
    photo: (photo ?? 0) + 1,
    label: label === null ? "" : nameOf("label", label),
    score: score === null ? "–" : percent(score),
    iou: iou === null ? "–" : iou.toFixed(2),
  };
  return t(`stats.why.${why}`, values);
}
