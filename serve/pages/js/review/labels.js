// What a box can be called: the taxonomy's labels, and those that only the model in service knows.

import { currentLanguage, lookUp } from "../i18n.js";

/** As LABEL_HAZARDS in model/taxonomy.py; a test compares the two. */
export const TAXONOMY = {
  blocked_exit: "blocked_fire_exit",
  dangling_cable: "dangling_cable",
  manhole_raised: "raised_manhole_cover",
  manhole_open: "raised_manhole_cover",
  manhole_ok: null,
  stacked_clutter: "stacked_clutter",
  kitchen_dirty: "unhygienic_kitchen",
  kitchen_pest: "unhygienic_kitchen",
  food_exposed: "unhygienic_kitchen",
  staff_hygiene: "unhygienic_kitchen",
  exit_door: null,
  exit_sign: null,
  bicycle_parked: null,
  cable_ok: null,
};

const hazards = { ...TAXONOMY };
const names = {};

/** Learn the labels of a model, as GET /v1/models lists them. */
export function learnLabels(labels) {
  for (const label of labels) {
    hazards[label.name] ??= label.hazard;
    names[label.name] = label.names;
  }
}

/** The hazard that a label stands for; null for context. */
export const hazardOf = (label) => hazards[label] ?? null;

/** All labels, those of a category first, context last. */
export function labelsFor(category) {
  const weight = (label) => (hazards[label] === category ? 0 : hazards[label] === null ? 2 : 1);
  return Object.keys(hazards).sort((a, b) => weight(a) - weight(b));
}

export const labelWord = (label) =>
  lookUp(`label.${label}`) ?? names[label]?.[currentLanguage()] ?? label.replaceAll("_", " ");
