// What the machine says in one look: how urgent, and what.

import { h, icon } from "./dom.js";
import { nameOf, t } from "./i18n.js";

/** "No action" would calm people without reason where the machine only failed to find something. */
export const shownUrgency = ({ urgency, needs_human: needsHuman }) => (needsHuman && urgency === "none" ? "undecided" : urgency);

/** Not having found anything is no finding: then neither the words nor the icon say that all is well. */
export const shownCategory = ({ category, needs_human: needsHuman }) =>
  needsHuman && category === "not_a_hazard"
    ? { name: t("prefill.nothing_found"), symbol: "c-other" }
    : { name: nameOf("category", category), symbol: `c-${category}` };

/** The urgency in its colour, with its sign and what it means. */
export function makeBanner(urgency) {
  return h(
    "div",
    { class: `banner u-${urgency}` },
    icon(`u-${urgency}`, "banner-icon"),
    h(
      "p",
      { class: "banner-text" },
      h("strong", { class: "banner-word" }, t(`urgency.${urgency}.word`)),
      h("span", { class: "banner-hint" }, t(`urgency.${urgency}.hint`)),
    ),
  );
}
