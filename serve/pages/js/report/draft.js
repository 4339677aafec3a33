// What is in the form, kept on the phone while it is written: a phone may close the page while its camera is open.

import { byId } from "../dom.js";
import { newKey } from "./outbox.js";

const NAME = "draft";
const FILES = "draft.files"; // apart from the words: a clip is not written anew with each of them
const PAUSE_MS = 400;

export class Draft {
  #timer = null;

  /**
   * @param {import("./outbox.js").Outbox} outbox
   * @param {import("../photos.js").Photos} photos
   * @param {import("./place.js").Place} place
   */
  constructor(outbox, photos, place) {
    Object.assign(this, { outbox, photos, place, key: newKey() });
  }

  /** Bring back what was written before, and keep what is written from now on. */
  async start() {
    const [words, files] = [await this.outbox.get(NAME), await this.outbox.get(FILES)];
    if (words || files) this.restore({ photos: (files ?? words).photos, fields: words?.fields ?? {} });
    this.photos.addEventListener("change", () => {
      this.outbox.put({ ...this.entry("draft"), key: FILES, fields: {} });
      this.#changed(0);
    });
    this.place.addEventListener("change", () => this.#changed(0));
    for (const id of ["text", "address"]) byId(id).addEventListener("input", () => this.#changed(PAUSE_MS));
    document.addEventListener("visibilitychange", () => this.#timer !== null && this.#keep()); // it may never come back
  }

  /** The form as an entry for the outbox. Its key stays the same as long as nothing in the form changes. */
  entry(state) {
    const fields = {
      text: byId("text").value.trim(),
      address: byId("address").value.trim(),
      ...(this.place.coordinates ?? {}),
    };
    const photos = this.photos.list.map(({ file, name }) => ({ file, name }));
    return { key: this.key, at: Date.now(), state, photos, fields, problem: null, result: null };
  }

  restore({ photos, fields: { text = "", address = "", latitude, longitude } }) {
    byId("text").value = text;
    byId("address").value = address;
    if (latitude !== undefined) this.place.restore({ latitude, longitude });
    this.photos.add(photos.map(({ file, name }) => (file instanceof File ? file : new File([file], name, { type: file.type }))));
  }

  /** Empty the form. */
  async clear() {
    byId("text").value = "";
    byId("address").value = "";
    this.place.clear();
    this.photos.clear();
    this.key = newKey();
    this.#stop();
    for (const name of [NAME, FILES]) await this.outbox.remove(name);
  }

  #changed(pauseMs) {
    this.key = newKey(); // another content is another report
    this.#stop();
    this.#timer = setTimeout(() => this.#keep(), pauseMs);
  }

  #keep() {
    this.#stop();
    this.outbox.put({ ...this.entry("draft"), key: NAME, photos: [] });
  }

  #stop() {
    clearTimeout(this.#timer);
    this.#timer = null;
  }
}
