// The clip of the open report: the player, when the machine saw what, and the frames on which boxes are corrected.

import { h, icon } from "../dom.js";
import { moment, t } from "../i18n.js";
import { makeTimeline, spread, whenWords } from "../timeline.js";
import { labelWord } from "./labels.js";
import { clipOf, framesOf, isPending, workWords } from "./media.js";

const PICK_PX = { most: 76, least: 44 };
const INTO_FRAME_S = 0.001; // a time that is rounded down would show the frame before

/** Events: "turn" (somebody wants the frame `detail.n` in the editor). */
export class ClipView extends EventTarget {
  #place;
  #media = null;
  #video = null;
  #timeline = null;
  #strip = null;
  #picks = [];

  constructor(place) {
    super();
    this.#place = place;
    new ResizeObserver(() => this.#arrange()).observe(place);
  }

  /** Show the clip of a report, or nothing where it has none. */
  show(report) {
    this.clear();
    this.#media = clipOf(report);
    this.#place.hidden = this.#media === null;
    if (this.#media === null) return;
    const frames = framesOf(report);
    this.#picks = frames.map((frame, index) => this.#pick(frame, index, frames.length));
    this.#timeline = makeTimeline(this.#media, (seconds) => this.#goTo(seconds));
    this.#strip = h("div", { class: "strip", hidden: frames.length === 0 }, this.#picks.map(({ button }) => button));
    const time = h("div", { class: "clip-time" }, this.#timeline.element, this.#strip, sightings(this.#media));
    this.#place.replaceChildren(...[this.#player(frames), standing(report, this.#media), time].filter(Boolean));
    this.#arrange();
  }

  clear() {
    this.#video?.pause();
    this.#media = this.#video = this.#timeline = this.#strip = null;
    this.#picks = [];
    this.#place.hidden = true;
    this.#place.replaceChildren();
  }

  /** New figures of how far the machine is. */
  renew(work) {
    const words = this.#place.querySelector(".clip-work");
    if (words === null) return;
    words.querySelector("p").textContent = workWords(work);
    if (work.state === "running") words.querySelector("progress").value = work.progress;
  }

  /** The picture that the editor shows: where it is a frame, the player stands there too. */
  at(media) {
    for (const { frame, button } of this.#picks) button.setAttribute("aria-pressed", String(frame.n === media.n));
    if (media.kind === "frame") this.#goTo(media.time_s);
  }

  /** Play, or stop. */
  toggle() {
    if (this.#video?.paused) this.#video.play().catch(() => {}); // the player itself shows why not
    else this.#video?.pause();
  }

  /** Go on, or back, by some seconds. */
  skip(seconds) {
    if (this.#video) this.#goTo(Math.max(0, Math.min(this.#media.duration_s, this.#video.currentTime + seconds)));
  }

  #goTo(seconds) {
    this.#timeline?.setNow(seconds);
    if (!this.#video) return;
    this.#video.pause();
    this.#video.currentTime = seconds + INTO_FRAME_S;
  }

  #player(frames) {
    const { preview } = this.#media.urls;
    if (!preview) return null;
    const video = h("video", { class: "clip-video", src: preview, poster: frames[0]?.urls.preview, controls: true, muted: true, playsinline: true, preload: "metadata", "aria-label": t("review.clip") });
    for (const name of ["timeupdate", "seeked"]) video.addEventListener(name, () => this.#video === video && this.#timeline.setNow(video.currentTime));
    video.addEventListener("error", () => {
      if (this.#video === video) this.#video = null;
      video.replaceWith(h("p", { class: "clip-video clip-missing muted" }, t("review.clip_missing")));
    });
    this.#video = video;
    return video;
  }

  #pick(frame, index, max) {
    const label = t("review.frame_n", { n: index + 1, max, time: moment(frame.time_s) });
    const turn = () => this.dispatchEvent(new CustomEvent("turn", { detail: { n: frame.n } }));
    const button = h(
      "button",
      { type: "button", class: "strip-pick", "aria-pressed": "false", "aria-label": label, title: label, "data-n": frame.n, onclick: turn },
      h("img", { class: "thumb-picture", src: frame.urls.preview, alt: "" }),
      h("span", { class: "strip-time", "aria-hidden": "true" }, moment(frame.time_s)),
    );
    return { frame, button };
  }

  /** Put each frame below its moment, as near as the others let it. */
  #arrange() {
    const total = this.#strip?.clientWidth;
    if (!total || this.#picks.length === 0) return;
    const width = Math.max(PICK_PX.least, Math.min(PICK_PX.most, total / this.#picks.length));
    const middles = this.#picks.map(({ frame }) => (frame.time_s / Math.max(this.#media.duration_s, 0.001)) * total);
    spread(middles, width, total).forEach((left, n) => {
      this.#picks[n].button.style.left = `${left}px`;
      this.#picks[n].button.style.width = `${width}px`;
    });
  }
}

/** What the bars show, for those who listen. */
const sightings = ({ detections }) =>
  h("ul", { class: "unseen" }, detections.map((one) => h("li", {}, `${labelWord(one.label)}: ${whenWords(one)}`)));

function standing(report, media) {
  const { work } = report;
  if (isPending(report)) return h("div", { class: "clip-work" }, h("p", { id: "clip-words" }, workWords(work)), h("progress", { max: 1, value: work.state === "running" ? work.progress : null, "aria-labelledby": "clip-words" }));
  if (!work?.problem) return null;
  const outcome = work.state === "failed" ? t("review.clip_failed") : t("review.clip_missing");
  return h("p", { class: "clip-failed" }, icon("i-warn"), h("span", {}, t(`error.${work.problem}.what`, { name: media.name }), " ", outcome));
}
