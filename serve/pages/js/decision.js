// The answer in words: urgency first, then what it is, how sure, why, and who should act.

import { h, icon } from "./dom.js";
import { currentLanguage, nameOf, percent, t } from "./i18n.js";
import { makeBanner, shownCategory, shownUrgency } from "./prefill.js";

const CERTAINTY = [
  [0.85, "very"],
  [0.65, "fairly"],
  [0.4, "hardly"],
  [0, "guess"],
];

const certainty = (confidence) => t(`result.sure.${CERTAINTY.find(([least]) => confidence >= least)[1]}`);

/** What a reader must see without scrolling. */
export function makeSummary(prefill) {
  const { confidence, needs_human: needsHuman } = prefill;
  const { name, symbol } = shownCategory(prefill);
  return h(
    "div",
    { class: "card summary" },
    makeBanner(shownUrgency(prefill)),
    h(
      "div",
      { class: "summary-body" },
      h("h1", { class: "category", id: "result-title" }, icon(symbol, "category-icon"), h("span", {}, name)),
      makeConfidence(confidence),
      needsHuman && makeHumanNote(),
    ),
  );
}

/** The same as one sentence, for those who listen. */
export const spokenSummary = (prefill) =>
  t("result.announce", {
    category: shownCategory(prefill).name,
    urgency: t(`urgency.${shownUrgency(prefill)}.word`),
    sure: certainty(prefill.confidence),
    percent: percent(prefill.confidence),
  }) + (prefill.needs_human ? ` ${t("result.human_title")}` : "");

function makeConfidence(confidence) {
  return h(
    "div",
    { class: "sure" },
    h("div", { class: "sure-words" }, h("span", { class: "muted" }, t("result.confidence")), h("strong", {}, `${certainty(confidence)} · ${percent(confidence)}`)),
    makeMeter(confidence),
  );
}

function makeMeter(share) {
  const value = h("span", { class: "meter-value" });
  value.style.width = `${share * 100}%`;
  return h("div", { class: "meter", "aria-hidden": "true" }, value); // the figure stands beside it in words
}

function makeHumanNote() {
  return h(
    "div",
    { class: "human" },
    icon("i-person", "human-icon"),
    h("div", {}, h("strong", {}, t("result.human_title")), h("p", {}, t("result.human_body"))),
  );
}

/** What a reader wants next: why, who, what else. */
export function makeDetails({ reasons, route, alternatives, codes }, text) {
  return h(
    "div",
    { class: "card details" },
    part(
      "result.reasons",
      reasons.length === 0
        ? h("p", { class: "muted" }, t("result.no_reasons"))
        : h("ul", { class: "reasons" }, reasons.map((reason) => h("li", { "data-code": reason.code }, reason[currentLanguage()]))),
      text && h("p", { class: "said muted" }, t("intake.said", { text })),
    ),
    part("result.route", h("p", { class: "route" }, nameOf("route", route))),
    alternatives.length > 0 && part("result.alternatives", h("ul", { class: "alternatives" }, alternatives.map(makeAlternative))),
    Object.keys(codes).length > 0 && part("result.codes", h("ul", { class: "codes" }, Object.entries(codes).map(makeCode))),
  );
}

const part = (key, ...content) => h("section", { class: "part" }, h("h2", { class: "small-head" }, t(key)), content);

const makeAlternative = ({ category, confidence }) =>
  h("li", {}, h("span", {}, nameOf("category", category)), h("span", { class: "number" }, percent(confidence)), makeMeter(confidence));

function makeCode([catalogue, { code, name, kind, provisional }]) {
  return h(
    "li",
    {},
    h("code", { class: "code" }, code),
    h("span", { lang: "zh-CN" }, name),
    h("span", { class: "muted small" }, `${nameOf("catalogue", catalogue)} · ${t(`result.kind.${kind}`)}`),
    provisional && h("span", { class: "chip", title: t("result.provisional_hint") }, t("result.provisional")),
  );
}
