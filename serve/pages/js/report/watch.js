// What becomes of a clip that has arrived: asked of the server until it is known, also after the page was closed.

import { call } from "../calls.js";

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 8_000;
const SLOWER = 1.25;

/** Whether there is something to wait for. */
export const isPending = (work) => work?.state === "waiting" || work?.state === "running";

/** Events: "news" (with the entry's key and its result as it is now). */
export class ClipWatch extends EventTarget {
  #followed = new Set();

  /** @param {import("./outbox.js").Outbox} outbox */
  constructor(outbox) {
    super();
    this.outbox = outbox;
  }

  /** Follow all whose clip is still being worked on. */
  async start() {
    for (const { key, result } of await this.outbox.entries()) if (isPending(result?.work)) this.follow(key);
  }

  /** Follow one report until its clip is done with. */
  async follow(key) {
    if (this.#followed.has(key)) return;
    this.#followed.add(key);
    for (let wait = FIRST_WAIT_MS; await this.#ask(key); wait = Math.min(wait * SLOWER, LONGEST_WAIT_MS)) {
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
    this.#followed.delete(key);
  }

  /** @returns {Promise<boolean>} whether to ask again */
  async #ask(key) {
    const entry = await this.outbox.get(key);
    if (!isPending(entry?.result?.work)) return false; // forgotten, or another window was faster
    const news = await this.#fetch(entry);
    if (news === null) return true; // no line: later
    const result = { ...entry.result, ...news };
    await this.outbox.put({ ...entry, result });
    this.dispatchEvent(new CustomEvent("news", { detail: { key, result } }));
    return isPending(result.work);
  }

  async #fetch({ key, result: { id } }) {
    try {
      const { work, prefill, media } = await call(`/v1/reports/${id}/work`, { headers: { "Idempotency-Key": key } });
      return { work, prefill, clip: media.find(({ kind }) => kind === "video") ?? null };
    } catch (error) {
      return error.code === "report_missing" ? { work: null } : null; // erased, or so old that the server forgot the key
    }
  }
}
