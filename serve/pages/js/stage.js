// A photo or clip with its boxes: an SVG in its own coordinates over the picture, and labels that stay readable.

import { h, icon, s } from "./dom.js";
import { percent, t } from "./i18n.js";
import { labelName } from "./model.js";
import { placeLabels } from "./placing.js";

/** Colour and dash of a box come from the class of its hazard; null is context. */
export const hazardClass = (hazard) => `hz-${hazard ?? "context"}`;

/**
 * @param {{ width: number, height: number, name: string, detections: object[] }} media one entry of the answer
 * @param {{ url: string, visible: boolean | null }} photo
 * @returns {HTMLElement} the frame, which scrolls where a panorama is too long for it.
 */
export function makeStage(media, photo) {
  const boxes = media.detections.map((detection, index) => drawBox(detection, index));
  const overlay = s(
    "svg",
    { class: "overlay", viewBox: `0 0 ${media.width} ${media.height}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    boxes,
  );
  const labels = media.detections.map((detection, index) => drawLabel(detection, index, media.detections.length));
  const stage = h("div", { class: "stage" }, picture(media, photo), overlay, h("div", { class: "labels", "aria-hidden": "true" }, labels));
  stage.style.setProperty("--photo-w", media.width); // the style attribute is barred by the page's CSP; this is not
  stage.style.setProperty("--photo-h", media.height);
  new ResizeObserver(() => arrange(stage, media, labels)).observe(stage);
  // A panorama scrolls inside its frame: then the frame must take the keyboard's focus.
  const long = media.width / media.height > 4 || media.height / media.width > 4;
  return h("div", { class: "frame", tabindex: long ? 0 : null, role: long ? "group" : null, "aria-label": long ? media.name : null }, stage);
}

/** Light up one box and its label, dim the others; null ends it. */
export function highlight(frame, index) {
  frame.classList.toggle("picking", index !== null);
  for (const part of frame.querySelectorAll("[data-index]")) {
    part.classList.toggle("picked", index !== null && part.dataset.index === String(index));
  }
}

function picture(media, photo) {
  const stand = () =>
    h("div", { class: "unseen-photo", role: "img", "aria-label": altText(media) }, icon("i-image"), h("p", {}, t("photo.unseen")));
  if (!photo || photo.visible === false) return stand();
  const image =
    media.kind === "video"
      ? h("video", { class: "picture", src: photo.url, controls: true, playsinline: true, preload: "auto", "aria-label": altText(media) })
      : h("img", { class: "picture", src: photo.url, alt: altText(media), draggable: "false" });
  image.addEventListener("error", () => {
    photo.visible = false;
    image.replaceWith(stand());
  });
  return image;
}

const altText = ({ name, detections }) => t("photo.alt", { name, n: detections.length });

// A wide pale line under a coloured one: visible on dark, bright and busy photos alike.
function drawBox({ box, hazard, label }, index) {
  const place = { x: box.x_min, y: box.y_min, width: box.x_max - box.x_min, height: box.y_max - box.y_min };
  return s(
    "g",
    { class: `box ${hazardClass(hazard)}`, "data-index": index, "data-label": label },
    s("rect", { class: "halo", ...place }),
    s("rect", { class: "line", ...place }),
  );
}

function drawLabel({ label, hazard, confidence }, index, count) {
  return h(
    "div",
    { class: `tag ${hazardClass(hazard)}`, "data-index": index },
    count > 1 && h("span", { class: "tag-number" }, index + 1),
    h("span", { class: "tag-words" }, `${labelName(label)} ${percent(confidence)}`),
  );
}

/** Put the labels where they fit at the size that the picture has now. */
function arrange(stage, media, labels) {
  const { clientWidth: width, clientHeight: height } = stage;
  if (width === 0) return;
  const sizes = labels.map((label) => ({ full: measure(label, false), compact: measure(label, true) }));
  const boxes = media.detections.map(({ box }) => ({
    x: (box.x_min / media.width) * width,
    y: (box.y_min / media.height) * height,
    width: ((box.x_max - box.x_min) / media.width) * width,
    height: ((box.y_max - box.y_min) / media.height) * height,
  }));
  placeLabels(boxes, sizes, { width, height }).forEach(({ x, y, compact }, index) => {
    labels[index].classList.toggle("compact", compact);
    labels[index].style.transform = `translate(${x}px, ${y}px)`;
  });
}

function measure(label, compact) {
  label.classList.toggle("compact", compact && label.childElementCount > 1);
  return { width: label.offsetWidth, height: label.offsetHeight };
}
