// What the forms of sign-in, one-time links and administration have in common.

import { CallError } from "../api.js";
import { byId, h, icon } from "../dom.js";
import { lookUp, onLanguage, t } from "../i18n.js";

let shown = null; // the CallError on show

/** Show what went wrong above the form, in words, with the code and the request's number for whoever has to mend it. */
export function showProblem(error) {
  shown = error instanceof CallError ? error : new CallError("unknown", { detail: String(error) });
  draw();
  byId("problem").focus();
}

export function hideProblem() {
  shown = null;
  byId("problem").hidden = true;
  byId("problem").replaceChildren();
}

onLanguage(() => shown && draw());

function draw() {
  const known = lookUp(`error.${shown.code}.what`) ? shown.code : "unknown";
  const { requestId, retryAfter } = shown;
  byId("problem").replaceChildren(
    icon("i-warn", "problem-icon"),
    h(
      "div",
      { class: "problem-text" },
      h("h2", {}, t(`error.${known}.what`)),
      h("p", {}, retryAfter ? t("problem.retry_in", { n: retryAfter }) : t(`error.${known}.do`)),
      h("p", { class: "muted small" }, h("code", {}, shown.code), requestId && ` · ${t("problem.request", { id: requestId })}`),
    ),
  );
  byId("problem").hidden = false;
}

/**
 * Do something once at a time, with its button switched off meanwhile; what goes wrong is shown.
 * @param {HTMLButtonElement} button
 * @param {() => Promise<void>} work
 */
export async function attempt(button, work) {
  if (button.disabled) return;
  hideProblem();
  button.disabled = true;
  try {
    await work();
  } catch (error) {
    showProblem(error);
  } finally {
    button.disabled = false;
  }
}

/** Mark fields that must be filled in, and go to the first one. Whether all are. */
export function allFilledIn(...inputs) {
  const empty = inputs.filter((input) => !input.value.trim());
  for (const input of inputs) input.toggleAttribute("aria-invalid", false);
  for (const input of empty) input.setAttribute("aria-invalid", "true");
  empty[0]?.focus();
  return empty.length === 0;
}

/** A box to tick that shows the password. */
export function startReveal() {
  byId("reveal").addEventListener("change", ({ target }) => {
    byId("password").type = target.checked ? "text" : "password";
  });
}

/** Where somebody works who may do these actions. */
export const homeOf = (actions) => (actions.includes("review") ? "/review" : "/stats");
