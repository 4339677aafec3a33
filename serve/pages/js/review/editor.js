// Boxes on one photo: Annotorious draws and drags them, this keeps them in pixels of the upright original.

import { h } from "../dom.js";
import { t } from "../i18n.js";
import { boxOf, geometryOf, isSame, middleOf, shifted } from "./geometry.js";
import { hazardOf, labelWord } from "./labels.js";
import { altOf } from "./media.js";
import { Zoom } from "./zoom.js";

const { createImageAnnotator } = window.Annotorious; // review.html loads it before any module runs
const SHARP_FROM = 1.4; // enlarged more than this, the preview gives way to the original
const SHOWABLE = /^image\/(jpeg|png|webp|avif)$/; // by browsers; of others only the preview is shown

/** Handles are for the pointer: Annotorious calls them buttons, but gives them neither a name nor a key. */
function plainHandles(stage) {
  for (const handle of stage.querySelectorAll(".a9s-annotationlayer [role=button]")) {
    handle.removeAttribute("role");
    handle.removeAttribute("tabindex");
  }
}

/** Events: "change" (boxes), "select", "drawn" (a new box, which has no label yet). */
export class Editor extends EventTarget {
  #frame;
  #stage = h("div", { class: "photo" });
  #tags = h("div", { class: "photo-tags", "aria-hidden": "true" });
  #annotator = null;
  #labels = new Map(); // id of an annotation -> label
  #given = new Map(); // id -> { box, geometry } as it came, so that what nobody touched comes back unchanged
  #scale = { x: 1, y: 1 };
  #serial = 0;
  #shown = 0; // rises with every photo: a picture that arrives too late is dropped
  #quiet = false;

  constructor(frame) {
    super();
    this.#frame = frame;
    frame.append(this.#stage);
    new MutationObserver(() => plainHandles(this.#stage)).observe(this.#stage, { childList: true, subtree: true });
    this.zoom = new Zoom(frame, this.#stage, {
      mayPan: (target) => !this.drawing && !target.closest(".a9s-annotation.selected"),
      onZoom: (factor) => this.#sharpen(factor),
    });
  }

  /**
   * Show a photo and its boxes; resolves when both are there.
   * @param {object} media of the report
   * @param {import("./draft.js").LabelledBox[]} boxes
   */
  async show(media, boxes) {
    const turn = ++this.#shown;
    this.clear();
    this.media = media;
    const picture = h("img", { class: "photo-picture", alt: altOf(media), draggable: "false" });
    picture.src = media.urls.preview;
    this.#stage.replaceChildren(picture, this.#tags);
    this.zoom.show(media.width, media.height);
    try {
      await picture.decode();
    } catch {
      if (turn === this.#shown) this.#stage.replaceChildren(h("p", { class: "photo-missing" }, t("review.photo_missing")));
      return;
    }
    if (turn !== this.#shown) return;
    this.picture = picture;
    this.#scale = { x: media.width / picture.naturalWidth, y: media.height / picture.naturalHeight };
    this.#annotator = createImageAnnotator(picture, { drawingEnabled: false, autoSave: true });
    this.#stage.querySelector(".a9s-annotationlayer")?.setAttribute("aria-label", t("review.boxes"));
    this.#annotator.on("selectionChanged", () => this.dispatchEvent(new Event("select")));
    this.#annotator.on("createAnnotation", (drawn) => this.#label(drawn));
    this.setBoxes(boxes);
    this.#annotator.state.store.observe(() => this.#changed());
  }

  clear() {
    this.#annotator?.destroy();
    this.#annotator = null;
    this.media = null;
    this.picture = null;
    this.#stage.replaceChildren();
  }

  get ready() {
    return this.#annotator !== null;
  }

  get drawing() {
    return this.#annotator?.isDrawingEnabled() ?? false;
  }

  /** Let the next drag draw a box; again, or Escape, ends it. */
  draw(on = !this.drawing) {
    this.#annotator?.setSelected();
    this.#annotator?.setDrawingEnabled(on);
    this.#frame.classList.toggle("drawing", on);
  }

  /** Put a box in the middle of what is seen: for those who have no pointer. */
  place(label) {
    const box = middleOf(this.#frame.getBoundingClientRect(), this.#stage.getBoundingClientRect(), this.media);
    this.select(this.#add({ label, box }));
    this.#changed();
  }

  setBoxes(boxes) {
    this.#silently(() => {
      for (const { id } of this.#annotator.getAnnotations()) this.#annotator.removeAnnotation(id);
      this.#labels.clear();
      this.#given.clear();
      for (const one of boxes) this.#add(one);
    });
    this.#drawTags();
  }

  /** @returns {import("./draft.js").LabelledBox[]} in the order in which they came */
  get boxes() {
    return this.ids.map((id) => this.#one(id));
  }

  get ids() {
    const there = new Set(this.#annotator?.getAnnotations().map(({ id }) => id));
    return [...this.#labels.keys()].filter((id) => there.has(id));
  }

  get selected() {
    return this.#annotator?.getSelected()[0]?.id ?? null;
  }

  select(id) {
    this.#annotator?.setSelected(id ?? undefined);
    this.#drawTags();
  }

  labelOf(id) {
    return this.#labels.get(id);
  }

  remove(id) {
    this.#annotator.removeAnnotation(id);
    this.#labels.delete(id);
    this.#changed();
  }

  /** Give a box another label; it gets another id too, because that is where its colour comes from. */
  relabel(id, label) {
    const { box } = this.#one(id);
    const entries = [...this.#labels.keys()].map((key) => [key, this.#labels.get(key)]);
    let next = null;
    this.#silently(() => {
      this.#annotator.removeAnnotation(id);
      next = this.#add({ label, box });
      this.#labels = new Map(entries.map(([key, value]) => (key === id ? [next, label] : [key, value])));
    });
    this.select(next);
    this.#changed();
  }

  /** Move or resize the selected box by pixels of the screen. */
  nudge(dx, dy, resize) {
    const id = this.selected;
    if (id === null) return;
    const { label, box } = this.#one(id);
    const perPixel = this.media.width / this.#stage.clientWidth;
    const moved = shifted(box, dx * perPixel, dy * perPixel, resize, this.media);
    this.#annotator.updateAnnotation(this.#annotation(id, { label, box: moved }));
    this.#changed();
  }

  #one(id) {
    return { label: this.#labels.get(id), box: this.#boxOf(this.#annotator.getAnnotationById(id)) };
  }

  #add(one) {
    const id = `${hazardOf(one.label) ?? "context"}.${++this.#serial}`;
    const annotation = this.#annotation(id, one);
    this.#labels.set(id, one.label);
    this.#given.set(id, { box: one.box, geometry: { ...annotation.target.selector.geometry } });
    this.#annotator.addAnnotation(annotation);
    return id;
  }

  #annotation(id, { label, box }) {
    return {
      id,
      bodies: [{ id: `${id}.label`, annotation: id, purpose: "tagging", value: label }],
      target: { annotation: id, selector: { type: "RECTANGLE", geometry: geometryOf(box, this.#scale) } },
    };
  }

  #boxOf({ id, target }) {
    const { geometry } = target.selector;
    const given = this.#given.get(id);
    return given && isSame(given.geometry, geometry) ? given.box : boxOf(geometry, this.#scale, this.media);
  }

  #label(drawn) {
    if (this.#labels.has(drawn.id)) return;
    this.draw(false);
    const box = this.#boxOf(drawn);
    this.#silently(() => this.#annotator.removeAnnotation(drawn.id));
    this.dispatchEvent(new CustomEvent("drawn", { detail: { box } }));
  }

  /** Add a box that was drawn, now that it has a label. */
  keep(one) {
    this.select(this.#add(one));
    this.#changed();
  }

  #silently(work) {
    this.#quiet = true;
    try {
      work();
    } finally {
      this.#quiet = false;
    }
  }

  #changed() {
    if (this.#quiet) return;
    this.#drawTags();
    this.dispatchEvent(new Event("change"));
  }

  #drawTags() {
    const { width, height } = this.media;
    const tags = this.ids.map((id, index) => {
      const { label, box } = this.#one(id);
      const tag = h("span", { class: `photo-tag hz-${hazardOf(label) ?? "context"}${id === this.selected ? " picked" : ""}` }, `${index + 1} ${labelWord(label)}`);
      tag.style.left = `${(box.x_min / width) * 100}%`;
      tag.style.top = `${(box.y_min / height) * 100}%`;
      if (box.y_min / height < 0.05) tag.classList.add("inside");
      return tag;
    });
    this.#tags.replaceChildren(...tags);
  }

  /** From a point on, the preview is too coarse. The frame of the boxes stays that of the preview. */
  #sharpen(factor) {
    if (factor < SHARP_FROM || !this.picture || this.picture.dataset.sharp || !SHOWABLE.test(this.media.media_type)) return;
    const picture = this.picture;
    picture.dataset.sharp = "coming";
    const original = new Image();
    original.src = this.media.urls.original;
    original.decode().then(() => {
      picture.src = original.src;
    }, () => {});
  }
}
