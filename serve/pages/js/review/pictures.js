// Which picture of the open report is in the editor: one of its photos, or a frame of its clip.

import { byId, h } from "../dom.js";
import { t } from "../i18n.js";
import { clipOf, picturesOf } from "./media.js";

export class Pictures {
  #editor;
  #clip;
  #entry = null;
  #pictures = [];
  #at = 0;

  /**
   * @param {import("./editor.js").Editor} editor
   * @param {import("./clip.js").ClipView} clip
   */
  constructor(editor, clip) {
    this.#editor = editor;
    this.#clip = clip;
    clip.addEventListener("turn", ({ detail: { n } }) => this.turnTo(this.#pictures.findIndex((one) => one.n === n)));
  }

  /** Which of the report's media it is, counted as `boxes` are. */
  get n() {
    return this.#pictures[this.#at]?.n ?? null;
  }

  /** Show a report from its first picture on; `onShown` is called with every picture, once its boxes are there. */
  async show(entry, onShown) {
    this.#entry = entry;
    this.#pictures = picturesOf(entry.report);
    this.#at = 0;
    this.onShown = onShown;
    this.#clip.show(entry.report);
    await this.#draw();
  }

  clear() {
    this.#entry = null;
    this.#pictures = [];
    this.#clip.clear();
    this.#editor.clear();
  }

  step(by) {
    this.turnTo(this.#at + by);
  }

  turnTo(at) {
    if (at === this.#at || !this.#pictures[at]) return;
    this.#at = at;
    this.#draw();
  }

  async #draw() {
    const media = this.#pictures[this.#at];
    this.#drawPicks();
    byId("boxes").replaceChildren();
    byId("frame").querySelector(".frame-empty")?.remove();
    if (media === undefined) {
      this.#editor.clear();
      byId("frame").append(h("p", { class: "photo-missing frame-empty" }, t("review.no_picture")));
      return;
    }
    this.#clip.at(media);
    await this.#editor.show(media, this.#entry.draft.boxes[media.n] ?? []);
    this.onShown();
  }

  /** Frames of a clip are on its own strip. */
  #drawPicks() {
    const max = this.#pictures.length;
    const picks = this.#pictures.map((media, at) => media.kind !== "frame" && this.#pick(media, at, max)).filter(Boolean);
    byId("photos").replaceChildren(...(picks.length > 1 || clipOf(this.#entry.report) ? picks : []));
  }

  #pick(media, at, max) {
    return h(
      "button",
      { type: "button", class: "photo-pick", "aria-pressed": String(at === this.#at), "aria-label": t("review.photo_n", { n: at + 1, max }), onclick: () => this.turnTo(at) },
      h("img", { class: "thumb-picture", src: media.urls.preview, alt: "" }),
    );
  }
}
