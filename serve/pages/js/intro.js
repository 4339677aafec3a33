// The list of hazards on the start page, each with what the model in service can do about it.

import { byId, h, icon } from "./dom.js";
import { nameOf, onLanguage, t } from "./i18n.js";
import { loadModel, standing } from "./model.js";
import { hazardClass } from "./stage.js";

const HAZARDS = ["blocked_fire_exit", "dangling_cable", "raised_manhole_cover", "stacked_clutter", "unhygienic_kitchen"];

export async function startIntro() {
  onLanguage(draw);
  draw();
  await loadModel();
  draw();
}

function draw() {
  byId("sees").replaceChildren(...HAZARDS.map(row));
}

function row(hazard) {
  const known = standing(hazard);
  return h(
    "li",
    { class: `sees-row ${hazardClass(hazard)}`, "data-standing": known },
    icon(`c-${hazard}`, "sees-icon"),
    h(
      "span",
      { class: "sees-name" },
      nameOf("category", hazard),
      (known === "young" || known === "words") && h("span", { class: "sees-note" }, t(`intro.standing.${known}`)),
    ),
  );
}
