// The photos that a person chose, before they are sent.

const PHOTO_NAMES = /\.(jpe?g|png|webp|hei[cf]|avif)$/i;

/**
 * @typedef {{ file: File, name: string, url: string, visible: boolean | null }} Photo
 * `visible`: whether this browser can show the format; null until it has tried.
 */

export class Photos extends EventTarget {
  /** @param {{ maxPhotos: number, maxBodyBytes: number, maxFileBytes: number }} limits */
  constructor(limits) {
    super();
    this.limits = limits;
    /** @type {Photo[]} */
    this.list = [];
  }

  get totalBytes() {
    return this.list.reduce((sum, photo) => sum + photo.file.size, 0);
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
    if (file.type && !file.type.startsWith("image/") && !PHOTO_NAMES.test(name)) return { code: "not_a_photo", name };
    if (file.size === 0) return { code: "photo_empty", name };
    if (file.size > this.limits.maxFileBytes) return { code: "file_too_large", name };
    if (this.list.length >= this.limits.maxPhotos) return { code: "too_many_photos" };
    if (this.totalBytes + file.size > this.limits.maxBodyBytes - OVERHEAD_BYTES) return { code: "photos_too_big" };
    return null;
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

// Part headers and the text, which count into the body's limit too.
const OVERHEAD_BYTES = 16384;

function makePhoto(file) {
  return { file, name: file.name || "photo", url: URL.createObjectURL(file), visible: null };
}
