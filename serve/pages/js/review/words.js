// Values of reports as people read them.

import { currentLanguage, nameOf, t } from "../i18n.js";
import { shownCategory } from "../prefill.js";

const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60]];
const TAGS = { zh: "zh-CN", en: "en" };

/** "5 minutes ago", in the reader's language. */
export function ago(time) {
  const seconds = Math.max(0, (Date.now() - Date.parse(time)) / 1000);
  const [unit, size] = UNITS.find(([, length]) => seconds >= length) ?? ["minute", 60];
  return new Intl.RelativeTimeFormat(TAGS[currentLanguage()], { numeric: "auto" }).format(-Math.floor(seconds / size), unit);
}

export const clockTime = (time) => new Intl.DateTimeFormat(TAGS[currentLanguage()], { hour: "2-digit", minute: "2-digit" }).format(new Date(time));

/** Name and sign of what a report is about now. */
export function titleOf({ category, needs_human: needsHuman }) {
  return category === null ? { name: t("review.unseen"), symbol: "c-other" } : shownCategory({ category, needs_human: needsHuman });
}

export const urgencyOf = ({ urgency, needs_human: needsHuman }) =>
  urgency === null || (urgency === "none" && needsHuman) ? "undecided" : urgency;

export const urgencyWord = (urgency) => t(`urgency.${urgency}.word`);

export const categoryWord = (category) => nameOf("category", category);

export const stateWord = (state) => t(`review.state.${state}`);

export const reasonWord = (reason) => t(`review.reason.${reason}`);
