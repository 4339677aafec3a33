// One thing that was found, as a row below its picture that can be pressed.

import { h } from "./dom.js";
import { percent, t } from "./i18n.js";
import { labelName } from "./model.js";
import { hazardClass } from "./stage.js";

/**
 * @param {{ label: string, hazard: string | null, confidence: number }} detection
 * @param {number} index as its box is numbered
 * @param {string | null} when it was seen, in a clip
 */
export const makeRow = ({ label, hazard, confidence }, index, when = null) =>
  h(
    "button",
    { type: "button", class: `found ${hazardClass(hazard)}`, "aria-pressed": "false" },
    h("span", { class: "found-number" }, index + 1),
    h(
      "span",
      { class: "found-name" },
      labelName(label),
      hazard === null && h("span", { class: "found-context" }, t("photo.context")),
      when !== null && h("span", { class: "found-context found-when" }, when),
    ),
    h("span", { class: "found-share" }, percent(confidence)),
  );
