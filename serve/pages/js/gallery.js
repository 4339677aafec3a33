// Each photo of an answer: picture with boxes, and the same boxes as a list.

import { h } from "./dom.js";
import { nameOf, percent, t } from "./i18n.js";
import { hazardClass, highlight, makeStage } from "./stage.js";

/** @returns {HTMLElement} all photos, in the order in which they were sent. */
export function makeGallery(answer, photos) {
  const figures = answer.media.map((media, index) => makeFigure(media, photos[index], index));
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
        h("h3", { class: "figure-name" }, t("photo.title", { n: index + 1, name: media.name })),
        h("span", { class: "muted small" }, t("photo.size", media)),
      ),
      count === 0
        ? h("p", { class: "muted" }, t("photo.none"))
        : [h("p", { class: "muted small" }, t("photo.found", { n: count })), makeList(media.detections, frame)],
    ),
  );
}

function makeList(detections, frame) {
  const rows = detections.map(({ label, hazard, confidence }, index) => {
    const row = h(
      "li",
      { class: `found ${hazardClass(hazard)}`, tabindex: detections.length > 1 ? 0 : null },
      h("span", { class: "found-number" }, index + 1),
      h("span", { class: "found-name" }, nameOf("label", label), hazard === null && h("span", { class: "muted small" }, ` ${t("photo.context")}`)),
      h("span", { class: "found-share" }, percent(confidence)),
    );
    if (detections.length > 1) {
      for (const start of ["pointerenter", "focus"]) row.addEventListener(start, () => highlight(frame, index));
      for (const stop of ["pointerleave", "blur"]) row.addEventListener(stop, () => highlight(frame, null));
    }
    return row;
  });
  return h("ol", { class: "found-list" }, rows);
}
