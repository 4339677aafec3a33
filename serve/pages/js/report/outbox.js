// Reports that this phone keeps until they have arrived, in IndexedDB: they outlive the page, the browser and the battery.

const DATABASE = "hazardlens";
const STORE = "outbox";
const KEPT_SENT = 20;

/**
 * @typedef {{ key: string, at: number, state: "draft" | "waiting" | "sent" | "refused",
 *             photos: { file: File, name: string }[], fields: object, problem: string | null, result: object | null }} Entry
 * `key` is the Idempotency-Key; `result` is what is remembered of the server's answer.
 */

export class Outbox extends EventTarget {
  #database = null;
  #memory = new Map(); // what the disk does not take

  /** Whether entries outlive the page: a browser may refuse in a private window, and a phone may be full. */
  lasting = true;

  async open() {
    try {
      this.#database = await openDatabase();
    } catch {
      this.lasting = false;
    }
  }

  /** @returns {Promise<Entry[]>} oldest first, drafts left out. */
  async entries() {
    const kept = this.#database === null ? [] : await this.#ask("readonly", (store) => store.getAll());
    const all = new Map([...kept.map((entry) => [entry.key, entry]), ...this.#memory]);
    return [...all.values()].filter(({ state }) => state !== "draft").sort((one, other) => one.at - other.at);
  }

  async get(key) {
    if (this.#memory.has(key) || this.#database === null) return this.#memory.get(key);
    return this.#ask("readonly", (store) => store.get(key));
  }

  /** Keep an entry; when this returns, it is on the phone's disk, or `lasting` is false. */
  async put(entry) {
    try {
      await this.#ask("readwrite", (store) => store.put(entry));
      this.#memory.delete(entry.key);
    } catch {
      this.lasting = false;
      this.#memory.set(entry.key, entry);
    }
    if (entry.state !== "draft") this.#changed();
  }

  async remove(key) {
    this.#memory.delete(key);
    if (this.#database !== null) await this.#ask("readwrite", (store) => store.delete(key));
    this.#changed();
  }

  /** Forget the oldest of the sent ones, of which only the number is left. */
  async tidy() {
    const sent = (await this.entries()).filter(({ state }) => state === "sent");
    for (const { key } of sent.slice(0, -KEPT_SENT)) await this.remove(key);
  }

  #ask(mode, question) {
    return new Promise((resolve, reject) => {
      const transaction = this.#database.transaction(STORE, mode, { durability: "strict" });
      const request = question(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error ?? new Error("the phone's storage is full"));
    });
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

function openDatabase() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "key" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("another page holds an older version"));
  });
}

/** A new Idempotency-Key. randomUUID exists on https and localhost only; this works everywhere. */
export const newKey = () =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
