// What a reporter sees after sending: the report's number, or that the phone keeps it; and the list of what was sent.

import { makeClipFigure } from "../clip.js";
import { byId, h, icon } from "../dom.js";
import { clock, percent, t } from "../i18n.js";
import { limits } from "../limits.js";
import { makeBanner, shownCategory, shownUrgency } from "../prefill.js";
import { explain } from "../problems.js";
import { isPending } from "./watch.js";

/**
 * "The report has arrived."
 * @param {object} result what is known of it
 * @param {import("../photos.js").Photo | null} clip that was sent with it, while the page still has it
 */
export function makeConfirmation({ id, prefill, work, clip: seen }, clip, onAnother) {
  return [
    h(
      "div",
      { class: "card arrived" },
      h("h1", { id: "result-title", class: "arrived-title" }, icon("i-check", "arrived-icon"), t("report.arrived")),
      h("p", {}, t("report.number"), h("code", { class: "number-id", id: "number" }, id)),
    ),
    isPending(work) && makeWork(work),
    work?.state === "failed" && makeFailure(work.problem, clip),
    prefill ? makeGuess(prefill) : h("div", { class: "card guess-body" }, person("report.not_looked")),
    seen && work?.state === "done" && makeClipFigure(seen, clip ?? undefined),
    another(onAnother),
  ].filter(Boolean);
}

/** How far the server is with the clip. */
function makeWork(work) {
  const card = h("div", { class: "card guess-body", id: "work-card" }, h("p", { id: "work-words", class: "work-words" }), h("progress", { id: "work-bar", max: 1, "aria-labelledby": "work-words" }), h("p", { class: "muted small" }, t("report.work_leave")));
  fillWork(card, work);
  return card;
}

function fillWork(card, { state, progress }) {
  const running = state === "running";
  card.querySelector("#work-words").textContent = running ? t("report.work_running", { percent: percent(progress) }) : t("report.work_waiting");
  if (running) card.querySelector("#work-bar").value = progress;
}

/** The same card with new figures; false where there is none to renew. */
export function renewWork(work) {
  const card = byId("work-card");
  if (card === null || !isPending(work)) return false;
  fillWork(card, work);
  return true;
}

function makeFailure(code, clip) {
  const { what, action } = explain({ code, name: clip?.name ?? t("clip.word") }, limits);
  return h("div", { class: "card problem", id: "work-problem" }, icon("i-warn", "problem-icon"), h("div", { class: "problem-text" }, h("h2", {}, what), h("p", {}, action), h("p", { class: "muted small" }, h("code", {}, code))));
}

function makeGuess(prefill) {
  const { name, symbol } = shownCategory(prefill);
  return h(
    "div",
    { class: "card summary" },
    makeBanner(shownUrgency(prefill)),
    h(
      "div",
      { class: "guess-body" },
      h("p", { class: "muted" }, t("report.guess")),
      h("h2", { class: "category" }, icon(symbol, "category-icon"), h("span", {}, name)),
      person(prefill.needs_human ? "report.person_decides" : "report.person_looks"),
    ),
  );
}

const person = (key) => h("p", { class: "person" }, icon("i-person"), h("span", {}, t(key)));

/** "The phone keeps it." */
export function makeKept({ lasting, problem }, { onRetry, onAnother }) {
  const signIn = problem === "unauthenticated";
  const words = signIn ? "report.sign_in_first" : lasting ? "report.kept_body" : "report.kept_open";
  return [
    h(
      "div",
      { class: "card kept" },
      h("h1", { id: "result-title", class: "arrived-title" }, icon("i-clock", "arrived-icon"), t("report.kept")),
      h("p", {}, t(words)),
      signIn
        ? h("a", { class: "button primary wide", href: "/login?next=/report" }, t("account.sign_in"))
        : h("button", { type: "button", class: "button wide", id: "retry", onclick: onRetry }, t("report.send_now")),
    ),
    another(onAnother),
  ];
}

const another = (onAnother) =>
  h("button", { type: "button", class: "button primary wide", id: "another", onclick: onAnother }, icon("i-plus"), t("report.another"));

/**
 * The list below the form. What is on the screen above it is left out.
 * @param {import("./outbox.js").Entry[]} entries oldest first
 * @param {{ except: string | null, onRetry: () => void, onRemove: (entry: object) => void, onEdit: (entry: object) => void,
 *           onForget: () => void }} options
 */
export function drawOutbox(entries, { except, onRetry, onRemove, onEdit, onForget }) {
  const shown = entries.filter(({ key }) => key !== except).reverse();
  const sent = shown.filter(({ state }) => state === "sent");
  byId("outbox").hidden = shown.length === 0;
  byId("outbox").replaceChildren(
    h("h2", { class: "small-head", id: "outbox-title" }, t("outbox.title")),
    h("ul", { class: "outbox-list" }, shown.map((entry) => row(entry, { onRetry, onRemove, onEdit }))),
    sent.length > 0 ? h("button", { type: "button", class: "link-button", id: "forget", onclick: onForget }, t("outbox.forget")) : "",
  );
}

function row(entry, { onRetry, onRemove, onEdit }) {
  const { state, at, photos, result, problem } = entry;
  const time = h("span", { class: "muted small" }, clock(at));
  if (state === "sent") {
    const name = result.prefill ? shownCategory(result.prefill).name : t(isPending(result.work) ? "outbox.watched" : "outbox.arrived");
    return h("li", { class: "card entry", "data-state": state }, icon("i-check"), h("div", { class: "entry-words" }, h("strong", {}, name), h("code", { class: "small" }, result.id), time));
  }
  const words = state === "refused" ? explain({ code: problem, name: photos[0]?.name }, limits).what : t("outbox.waiting", { n: photos.length });
  const mend =
    state === "refused"
      ? h("button", { type: "button", class: "button", onclick: () => onEdit(entry) }, t("outbox.edit"))
      : h("button", { type: "button", class: "button", onclick: onRetry }, t("report.send_now"));
  return h(
    "li",
    { class: "card entry", "data-state": state },
    icon(state === "refused" ? "i-warn" : "i-clock"),
    h("div", { class: "entry-words" }, h("strong", {}, words), time, h("div", { class: "actions" }, mend, h("button", { type: "button", class: "button quiet", onclick: () => onRemove(entry) }, t("outbox.remove")))),
  );
}
