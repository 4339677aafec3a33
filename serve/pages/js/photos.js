// The photos, and the clip, that a person chose, before they are sent.

import { isClip, secondsOf } from "./files.js";

const PHOTO_NAMES = /\.(jpe?g|png|webp|hei[cf]|avif)$/i;
const ROUNDING_S = 0.5; // a clip of the longest length may last a frame longer

/**
 * @typedef {{ file: File, name: string, url: string, kind: "image" | "video", visible: boolean | null }} Photo
 * `visible`: whether this browser can show the format; null until it has tried.
 * @typedef {{ maxPhotos: number, maxBodyBytes: number, maxFileBytes: number, maxVideoBytes: number, maxVideoS: number }} Limits
 */

export class Photos extends EventTarget {
  /**
   * @param {Limits} limits
   * @param {{ together: boolean }} options whether photos may go beside a clip
   */
  constructor(limits, { together }) {
    super();
    this.limits = limits;
    this.together = together;
    /** @type {Photo[]} */
    this.list = [];
  }

  get totalBytes() {
    return this.list.reduce((sum, photo) => sum + photo.file.size, 0);
  }

  /** The clip among them; undefined where there is none. */
  get clip() {
    return this.list.find(({ kind }) => kind === "video");
  }

  /** How many are no clip. */
  get stills() {
    return this.list.filter(({ kind }) => kind === "image").length;
  }

  /**
   * Add what can be added.
   * @param {Iterable<File>} files
   * @returns {{ code: string, name?: string } | null} the first thing that a person should know, or null.
   */
  add(files) {
    let problem = null;
    for (const file of files) {
      const wrong = this.#refuse(file);
      problem ??= wrong;
      if (!wrong) this.list.push(makePhoto(file));
    }
    this.list.sort((one, other) => Number(one.kind === "video") - Number(other.kind === "video")); // as the server counts
    this.#changed();
    return problem;
  }

  remove(index) {
    const [gone] = this.list.splice(index, 1);
    if (gone) URL.revokeObjectURL(gone.url);
    this.#changed();
  }

  /**
   * Put a smaller file in a photo's place.
   * @param {number | null} index
   * @param {(file: File) => Promise<File>} make
   * @returns {Promise<boolean>} whether there is another file now.
   */
  async replace(index, make) {
    const photo = this.list[index ?? -1];
    if (photo === undefined) return false;
    const file = await make(photo.file);
    if (file === photo.file) return false;
    URL.revokeObjectURL(photo.url);
    this.list[index] = makePhoto(file);
    this.#changed();
    return true;
  }

  clear() {
    for (const photo of this.list) URL.revokeObjectURL(photo.url);
    this.list = [];
    this.#changed();
  }

  // Only what is certain is refused here: the server judges by content, and knows more formats than a browser.
  #refuse(file) {
    const name = file.name;
    if (file.size === 0) return { code: "photo_empty", name };
    const problem = isClip(file) ? this.#refuseClip(file) : this.#refusePhoto(file);
    if (problem) return { code: problem, name };
    if (this.list.length >= this.limits.maxPhotos) return { code: "too_many_photos" };
    return this.totalBytes + file.size > this.limits.maxBodyBytes - OVERHEAD_BYTES ? { code: "photos_too_big" } : null;
  }

  #refusePhoto({ type, name, size }) {
    if (type && !type.startsWith("image/") && !PHOTO_NAMES.test(name)) return "not_a_photo";
    if (size > this.limits.maxFileBytes) return "file_too_large";
    return this.clip && !this.together ? "clip_or_photos" : null;
  }

  #refuseClip(file) {
    if (file.size > this.limits.maxVideoBytes) return "clip_too_large";
    if (secondsOf(file) > this.limits.maxVideoS + ROUNDING_S) return "clip_too_long";
    if (this.clip) return "one_clip";
    return this.list.length > 0 && !this.together ? "clip_or_photos" : null;
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

// Part headers and the text, which count into the body's limit too.
const OVERHEAD_BYTES = 16384;

function makePhoto(file) {
  const kind = isClip(file) ? "video" : "image";
  return { file, name: file.name || "photo", url: URL.createObjectURL(file), kind, visible: null };
}
