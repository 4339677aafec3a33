// A clip of an answer: the player, when things were seen in it, and each of them at the moment where it shows best.

import { h } from "./dom.js";
import { makeRow } from "./found.js";
import { moment, t } from "./i18n.js";
import { highlight, makeStage } from "./stage.js";
import { makeTimeline, whenWords } from "./timeline.js";

const SAME_MOMENT_S = 0.15;
const INTO_FRAME_S = 0.001; // a time that is rounded down would show the frame before

/**
 * @param {object} media the clip's entry of an answer
 * @param {import("./photos.js").Photo | undefined} clip the clip itself; without it there are words only
 */
export function makeClipFigure(media, clip) {
  const { detections } = media;
  const frame = clip ? makeStage(media, clip) : null;
  const player = new Player(frame, detections);
  const timeline = makeTimeline(media, (seconds) => player.goTo(seconds));
  player.onTime = timeline.setNow;
  const rows = detections.map((detection, index) => makeRow(detection, index, whenWords(detection)));
  rows.forEach((row, index) => row.addEventListener("click", () => player.show(index)));
  player.onPick = (picked) => rows.forEach((row, index) => row.setAttribute("aria-pressed", String(index === picked)));
  if (detections.length > 0) player.show(0);
  return h(
    "figure",
    { class: "card figure clip-figure" },
    frame,
    timeline.element,
    h(
      "figcaption",
      {},
      h(
        "div",
        { class: "figure-head" },
        h("h2", { class: "figure-name" }, t("clip.title", { name: media.name })),
        h("p", { class: "muted small" }, [t("photo.size", media), moment(media.duration_s), media.frames && t("clip.looked_at", { n: media.frames }), t("photo.found", { n: detections.length })].filter(Boolean).join(" · ")),
      ),
      rows.length > 0 && h("ol", { class: "found-list" }, rows.map((row) => h("li", {}, row))),
    ),
  );
}

/** A player that shows a box only while the clip stands at its moment. */
class Player {
  #frame;
  #video;
  #detections;
  #picked = null;
  onTime = () => {};
  onPick = () => {};

  constructor(frame, detections) {
    this.#frame = frame;
    this.#video = frame?.querySelector("video") ?? null;
    this.#detections = detections;
    frame?.classList.add("moving");
    for (const name of ["timeupdate", "seeked", "play"]) this.#video?.addEventListener(name, () => this.#draw());
    this.#video?.addEventListener("error", () => {
      this.#video = null;
      this.#draw();
    });
  }

  /** Stand at the moment where something shows best. */
  show(index) {
    this.#picked = index;
    this.goTo(this.#detections[index].time_s);
    this.onPick(index);
    this.#draw();
  }

  goTo(seconds) {
    this.onTime(seconds);
    if (this.#video === null) return;
    this.#video.pause();
    this.#video.currentTime = seconds + INTO_FRAME_S;
  }

  #draw() {
    if (this.#frame === null) return;
    const picked = this.#detections[this.#picked];
    const time = this.#video?.currentTime ?? picked?.time_s ?? 0;
    this.onTime(time);
    highlight(this.#frame, picked && Math.abs(picked.time_s - time) < SAME_MOMENT_S ? this.#picked : null);
  }
}
