// Each photo of an answer: picture with boxes, and the same boxes as a list. A clip has a figure of its own.

import { makeClipFigure } from "./clip.js";
import { h } from "./dom.js";
import { makeRow } from "./found.js";
import { t } from "./i18n.js";
import { highlight, makeStage } from "./stage.js";

/** @returns {HTMLElement} all photos, in the order in which they were sent. */
export function makeGallery(answer, photos) {
  const figures = answer.media.map((media, index) =>
    media.kind === "video" ? makeClipFigure(media, photos[index]) : makeFigure(media, photos[index], index),
  );
  return h("div", { class: `gallery ${figures.length > 1 ? "many" : "one"}` }, figures);
}

function makeFigure(media, photo, index) {
  const frame = makeStage(media, photo);
  const count = media.detections.length;
  return h(
    "figure",
    { class: "card figure" },
    frame,
    h(
      "figcaption",
      {},
      h(
        "div",
        { class: "figure-head" },
        h("h2", { class: "figure-name" }, t("photo.title", { n: index + 1, name: media.name })),
        h("p", { class: "muted small" }, `${t("photo.size", media)} · ${t("photo.found", { n: count })}`),
      ),
      count > 0 && makeList(media.detections, frame),
    ),
  );
}

function makeList(detections, frame) {
  const rows = detections.map((detection, index) => makeRow(detection, index));
  letPick(rows, frame);
  return h("ol", { class: "found-list" }, rows.map((row) => h("li", {}, row)));
}

/** Pointing at a row lights up its box; pressing keeps it lit. */
function letPick(rows, frame) {
  let kept = null;
  rows.forEach((row, index) => {
    row.addEventListener("pointerenter", () => highlight(frame, index));
    row.addEventListener("pointerleave", () => highlight(frame, kept));
    row.addEventListener("click", () => {
      kept = kept === index ? null : index;
      rows.forEach((other, at) => other.setAttribute("aria-pressed", String(at === kept)));
      highlight(frame, kept);
    });
  });
}
