// What a reviewer has made of a report so far, beside what is known of it. Pure values: nothing here touches the page.

/**
 * @typedef {{ label: string, box: { x_min: number, y_min: number, x_max: number, y_max: number } }} LabelledBox
 * @typedef {{ category: string | null, urgency: string | null, boxes: LabelledBox[][], note: string }} Draft
 */

/** Digit keys, in order; "other" has the letter o. */
export const CATEGORIES = [
  "blocked_fire_exit",
  "dangling_cable",
  "raised_manhole_cover",
  "stacked_clutter",
  "unhygienic_kitchen",
  "elevator_fault",
  "burst_pipe",
  "disorderly_bicycles",
  "damaged_wall",
  "exposed_rubbish",
];

export const URGENCIES = ["immediate", "urgent", "routine"];

export const REASONS = {
  correct: ["wrong_category", "wrong_urgency", "wrong_box", "missed_hazard", "false_alarm", "not_visible", "duplicate", "other"],
  reject: ["false_alarm", "not_visible", "duplicate", "other"],
};

/** What the machine drew; on a clip itself nothing is drawn, only on its frames. */
const predicted = ({ media }) =>
  media.map(({ kind, detections }) => (kind === "video" ? [] : detections.map(({ label, box }) => ({ label, box }))));

/** @returns {Draft} what is known before the reviewer does anything; `boxes` of the last decision, where there was one */
export const knownOf = (report, boxes = null) => ({
  category: report.category,
  urgency: report.urgency,
  boxes: predicted(report).map((own, n) => boxes?.[n] ?? own), // frames may have come since that decision
  note: "",
});

/** What of a draft differs from what is known: the rest follows what becomes known later. */
export const keptOf = (known, draft) => ({
  category: draft.category === known.category ? null : draft.category,
  urgency: draft.urgency === known.urgency ? null : draft.urgency,
  boxes: draft.boxes.map((boxes, n) => (canonical([boxes]) === canonical([known.boxes[n]]) ? null : boxes)),
  note: draft.note,
});

/** @returns {Draft} what was kept, on top of what is known now; the report may have got frames meanwhile */
export const continued = (kept, known) => ({
  category: kept.category ?? known.category,
  urgency: kept.urgency ?? known.urgency,
  boxes: structuredClone(known.boxes.map((own, n) => kept.boxes[n] ?? own)),
  note: kept.note,
});

/** Report, known and draft of an open report, now that the machine has looked at its clip. */
export function renewed({ known, draft }, fresh) {
  const next = knownOf(fresh);
  return { report: fresh, known: next, draft: continued(keptOf(known, draft), next) };
}

/** @returns {Set<"category" | "urgency" | "boxes">} */
export function changesOf(known, draft) {
  const changed = new Set(["category", "urgency"].filter((name) => known[name] !== draft[name]));
  if (canonical(known.boxes) !== canonical(draft.boxes)) changed.add("boxes");
  return changed;
}

const canonical = (boxes) =>
  JSON.stringify(boxes.map((photo) => photo.map(({ label, box }) => [label, box.x_min, box.y_min, box.x_max, box.y_max].join(" ")).sort()));

/** The reason that a correction most likely has. */
export function likelyReason(known, draft) {
  const changed = changesOf(known, draft);
  if (changed.has("category")) return known.category === null || known.category === "not_a_hazard" ? "missed_hazard" : "wrong_category";
  if (changed.has("urgency")) return "wrong_urgency";
  const count = (boxes) => boxes.flat().length;
  if (count(draft.boxes) > count(known.boxes)) return "missed_hazard";
  return count(draft.boxes) < count(known.boxes) ? "false_alarm" : "wrong_box";
}

/** The body of POST .../review, but for the version. */
export function decisionOf(verdict, known, draft, reason) {
  const rejected = verdict === "reject";
  return {
    verdict,
    category: rejected || verdict === "cannot_tell" ? null : draft.category,
    urgency: rejected || verdict === "cannot_tell" ? null : draft.urgency,
    reason,
    note: draft.note || null,
    boxes: changesOf(known, draft).has("boxes") ? draft.boxes : null,
    looked_for: null,
  };
}
