// What is known of one report and what the reviewer makes of it: the column beside the photo.

import { byId, h, icon } from "../dom.js";
import { currentLanguage, lookUp, nameOf, percent, t } from "../i18n.js";
import { CATEGORIES, URGENCIES, changesOf } from "./draft.js";
import { hazardOf, labelWord } from "./labels.js";
import { ago, categoryWord, clockTime, stateWord, titleOf, urgencyOf, urgencyWord } from "./words.js";

/** Draw the part that the reviewer changes. */
export function drawDecision({ report, known, draft }, acts) {
  const changed = changesOf(known, draft);
  const shown = { ...report, category: draft.category, urgency: draft.urgency, needs_human: report.needs_human && !changed.size };
  const { name, symbol } = titleOf(shown);
  const urgency = urgencyOf(shown);
  byId("verdict").className = `verdict u-${urgency}`;
  byId("verdict").replaceChildren(
    icon(symbol, "verdict-icon"),
    h("span", { class: "verdict-words" }, h("strong", {}, name), h("span", {}, urgencyWord(urgency))),
    ...(changed.size > 0 ? [h("span", { class: "verdict-changed" }, t("review.changed"))] : []),
  );
  byId("categories").replaceChildren(...[...CATEGORIES, "other"].map((category, index) => pick(category, index, draft, known, acts)));
  byId("urgencies").replaceChildren(
    ...URGENCIES.map((one) =>
      h("button", { type: "button", class: `urgency-pick u-${one}`, "data-value": one, "aria-pressed": String(draft.urgency === one), onclick: () => acts.setUrgency(one) }, icon(`u-${one}`), urgencyWord(one)),
    ),
  );
  byId("confirm").replaceChildren(
    h("span", {}, changed.size > 0 ? t("review.save_correction") : t("review.confirm")),
    h("kbd", { "aria-hidden": "true" }, "Enter"),
  );
}

function pick(category, index, draft, known, acts) {
  const machine = known.category === category && draft.category !== category;
  return h(
    "button",
    { type: "button", class: `pick${machine ? " was" : ""}`, title: categoryWord(category), "data-value": category, "aria-pressed": String(draft.category === category), onclick: () => acts.setCategory(category) },
    h("kbd", { "aria-hidden": "true" }, category === "other" ? "o" : (index + 1) % 10),
    h("span", {}, t(`review.brief.${category}`)),
  );
}

/** Draw the list of boxes of the photo that is shown. */
export function drawBoxes(editor, acts) {
  const ids = editor.ids;
  byId("boxes-count").textContent = t("review.boxes_count", { n: ids.length });
  byId("boxes").replaceChildren(
    ...ids.map((id, index) => {
      const label = editor.labelOf(id);
      const picked = id === editor.selected;
      return h(
        "li",
        { class: `box-line hz-${hazardOf(label) ?? "context"}` },
        h("button", { type: "button", class: "box-pick", "aria-pressed": String(picked), onclick: () => acts.selectBox(id) }, h("b", { class: "box-number" }, index + 1), h("span", {}, labelWord(label))),
        picked && h("button", { type: "button", class: "box-act", onclick: () => acts.relabel() }, t("review.relabel"), h("kbd", { "aria-hidden": "true" }, "l")),
        picked && h("button", { type: "button", class: "box-act", onclick: () => acts.removeBox() }, t("review.remove"), h("kbd", { "aria-hidden": "true" }, "Del")),
      );
    }),
  );
}

/** Draw what does not change while the report is open. */
export function drawFacts({ report, blind }) {
  const { prefill, text, address, latitude, longitude, duplicates } = report;
  byId("reasons").replaceChildren(
    ...(text ? [section("review.said", h("blockquote", {}, text))] : []),
    prefill ? machine(report) : section("review.machine", h("p", { class: "muted" }, t("review.unseen_long"))),
  );
  byId("facts").replaceChildren(
    ...[
      (address || latitude !== null) && section("review.place", address && h("p", {}, address), latitude !== null && coordinates(latitude, longitude)),
      duplicates.length > 0 && section("review.duplicates", h("ul", { class: "duplicates" }, duplicates.map(duplicate))),
      section(
        "review.about",
        h(
          "p",
          { class: "muted small" },
          [t("review.came", { when: ago(report.created_at) }), report.reporter, report.reporter_group, report.external_id, report.model && `${report.model.name} ${report.model.version}`]
            .filter(Boolean)
            .join(" · "),
        ),
        blind ? h("p", { class: "muted small" }, t("review.second_look")) : h("details", { id: "history" }, h("summary", {}, t("review.history")), h("ol", { class: "events", id: "events" })),
      ),
    ].filter(Boolean),
  );
}

const section = (title, ...content) => h("section", { class: "fact" }, h("h2", {}, t(title)), content);

function machine({ prefill, confidence, needs_human: needsHuman }) {
  return section(
    "review.machine",
    h(
      "p",
      { class: "machine-word" },
      h("span", {}, `${categoryWord(prefill.category)} · ${urgencyWord(prefill.urgency)}`),
      h("meter", { min: 0, max: 1, value: confidence, "aria-label": t("review.confidence") }),
      h("b", {}, percent(confidence)),
    ),
    needsHuman && h("p", { class: "unsure" }, icon("i-person"), t("review.needs_human_long")),
    prefill.reasons.length > 0 && h("ul", { class: "reasons" }, prefill.reasons.map((reason) => h("li", {}, reason[currentLanguage()]))),
    prefill.alternatives.length > 0 &&
      h("p", { class: "muted small" }, t("review.or"), " ", prefill.alternatives.map((other) => `${categoryWord(other.category)} ${percent(other.confidence)}`).join(" · ")),
    h("p", { class: "muted small" }, t("review.route"), " ", nameOf("route", prefill.route)),
  );
}

// A geo: link opens the map that the reader has; no map of somebody else's server is loaded.
function coordinates(latitude, longitude) {
  const place = `${latitude.toFixed(5)}, ${longitude.toFixed(5)}`;
  return h("p", {}, h("a", { href: `geo:${latitude},${longitude}?q=${latitude},${longitude}` }, place));
}

function duplicate(other) {
  const words = [
    other.same_photo ? t("review.same_photo") : null,
    other.distance_m === null ? null : t("review.metres", { n: Math.round(other.distance_m) }),
    ago(other.created_at),
    stateWord(other.state),
  ];
  return h(
    "li",
    {},
    h("a", { class: "duplicate", href: `/review?report=${other.id}` }, look(other.preview), h("span", {}, words.filter(Boolean).join(" · "))),
  );
}

/** A picture of it; of a clip that nobody has looked at yet there is none. */
const look = (preview) =>
  preview === null ? h("span", { class: "thumb-frame" }, icon("i-clip")) : h("img", { class: "thumb-picture", src: preview, alt: "", loading: "lazy" });

/** Fill in the history, once it is there. */
export function drawHistory(events) {
  byId("events")?.replaceChildren(
    ...events.map((event) =>
      h(
        "li",
        {},
        h("time", { datetime: event.at }, `${new Date(event.at).toLocaleDateString()} ${clockTime(event.at)}`),
        h("span", {}, [lookUp(`review.action.${event.action}`) ?? event.action, event.actor_name, event.reason && (lookUp(`review.reason.${event.reason}`) ?? event.reason), event.note].filter(Boolean).join(" · ")),
      ),
    ),
  );
}

