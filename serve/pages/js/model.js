// What the model in service can see, so that the page promises no more than that.

import { currentLanguage, lookUp } from "./i18n.js";

// With fewer test photos than this, how well a hazard is found is not really known.
const TESTED_PHOTOS = 20;

let labels = null;

/** Ask the server once; without an answer the page says nothing about the model. */
export async function loadModel() {
  try {
    const answer = await fetch("/v1/models");
    if (answer.ok) labels = (await answer.json()).models.find(({ active }) => active)?.labels ?? null;
  } catch {
    labels = null;
  }
}

/** @returns {"tested" | "young" | "words" | null} how far photos help with this hazard; null where that is unknown. */
export function standing(hazard) {
  if (labels === null) return null;
  const own = labels.filter((label) => label.hazard === hazard);
  if (own.length === 0) return "words";
  return own.some((label) => label.test_photos >= TESTED_PHOTOS) ? "tested" : "young";
}

/** The name of a label: the page's, else the model's own, else its key as plain words. */
export const labelName = (label) =>
  lookUp(`label.${label}`) ??
  labels?.find(({ name }) => name === label)?.names?.[currentLanguage()] ??
  label.replaceAll("_", " ");
