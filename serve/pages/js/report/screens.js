// What a reporter sees after sending: the report's number, or that the phone keeps it; and the list of what was sent.

import { byId, h, icon } from "../dom.js";
import { clock, t } from "../i18n.js";
import { makeBanner, shownCategory, shownUrgency } from "../prefill.js";

/** "The report has arrived." */
export function makeConfirmation({ id, prefill }, onAnother) {
  return [
    h(
      "div",
      { class: "card arrived" },
      h("h1", { id: "result-title", class: "arrived-title" }, icon("i-check", "arrived-icon"), t("report.arrived")),
      h("p", {}, t("report.number"), h("code", { class: "number-id", id: "number" }, id)),
    ),
    prefill ? makeGuess(prefill) : h("div", { class: "card guess-body" }, person("report.not_looked")),
    another(onAnother),
  ];
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
    const name = result.prefill ? shownCategory(result.prefill).name : t("outbox.arrived");
    return h("li", { class: "card entry", "data-state": state }, icon("i-check"), h("div", { class: "entry-words" }, h("strong", {}, name), h("code", { class: "small" }, result.id), time));
  }
  const words = state === "refused" ? t(`error.${problem}.what`, { name: photos[0]?.name ?? "", max: "", chars: "" }) : t("outbox.waiting", { n: photos.length });
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
