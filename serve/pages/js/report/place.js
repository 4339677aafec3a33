// Where the hazard is: asked of the browser only when a person presses the button, shown, and easily taken back.

import { byId, h, icon } from "../dom.js";
import { onLanguage, t } from "../i18n.js";

const PATIENCE_MS = 20_000;
const FRESH_MS = 60_000;
const PROBLEMS = { 1: "place.denied", 2: "place.unavailable", 3: "place.timed_out" };

export class Place extends EventTarget {
  #state = { kind: "none" };

  /** { latitude, longitude } of WGS 84 in degrees, or null. */
  get coordinates() {
    const { latitude, longitude } = this.#state;
    return this.#state.kind === "known" ? { latitude, longitude } : null;
  }

  start() {
    onLanguage(() => this.#draw());
  }

  clear() {
    this.#set({ kind: "none" });
  }

  /** Show a place that a draft held. */
  restore(place) {
    if (place) this.#set({ kind: "known", accuracy: null, ...place });
  }

  #ask() {
    if (!navigator.geolocation || !window.isSecureContext) {
      this.#set({ kind: "failed", problem: "place.insecure" });
      return;
    }
    this.#set({ kind: "asking" });
    navigator.geolocation.getCurrentPosition(
      ({ coords: { latitude, longitude, accuracy } }) => this.#set({ kind: "known", latitude, longitude, accuracy }),
      ({ code }) => this.#set({ kind: "failed", problem: PROBLEMS[code] ?? "place.unavailable" }),
      { enableHighAccuracy: true, timeout: PATIENCE_MS, maximumAge: FRESH_MS },
    );
  }

  #set(state) {
    this.#state = state;
    this.#draw();
    this.dispatchEvent(new Event("change"));
  }

  #draw() {
    byId("place").replaceChildren(...this.#parts());
  }

  #parts() {
    const { kind, latitude, longitude, accuracy, problem } = this.#state;
    if (kind === "asking") return [h("p", { class: "place-line" }, icon("i-pin"), t("place.asking"))];
    if (kind === "known") {
      const where = `${latitude.toFixed(5)}, ${longitude.toFixed(5)}`;
      return [
        h(
          "p",
          { class: "place-line known" },
          icon("i-pin"),
          h("span", {}, h("strong", {}, t("place.added")), h("span", { class: "muted small" }, where, accuracy !== null && ` · ${t("place.accuracy", { m: Math.round(accuracy) })}`)),
          h("button", { type: "button", class: "button quiet", id: "place-remove", onclick: () => this.clear() }, t("place.remove")),
        ),
      ];
    }
    return [
      h("button", { type: "button", class: "button", id: "place-add", onclick: () => this.#ask() }, icon("i-pin"), t("place.add")),
      problem && h("p", { class: "place-problem small" }, t(problem)),
    ].filter(Boolean);
  }
}
