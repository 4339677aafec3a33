// Brings reports from the outbox to the server, each under its own Idempotency-Key: sent again, it is stored once.

import { csrfHeaders } from "../access/session.js";
import { CallError, makeForm, sendForm } from "../api.js";

const FIRST_WAIT_MS = 10_000;
const LONGEST_WAIT_MS = 300_000;
const LOCK = "hazardlens-outbox";

// Only what cannot become right by waiting is refused; all else stays in the outbox.
const FINAL = new Set(
  (
    "image_empty image_format_unsupported image_too_large image_broken image_invalid body_too_large file_too_large " +
    "video_format_unsupported video_broken video_too_long video_too_large video_limits_exceeded video_decoder_failed " +
    "too_many_files text_too_long no_file field_unknown field_invalid text_not_utf8 content_type_unsupported " +
    "idempotency_mismatch forbidden bad_request"
  ).split(" "),
);

/** Whether sending the same report later can help. */
export const mayPass = (error) => !FINAL.has(error.code);

export class Courier extends EventTarget {
  #timer = null;
  #wait = FIRST_WAIT_MS;
  #chain = Promise.resolve();

  /** @param {import("./outbox.js").Outbox} outbox */
  constructor(outbox) {
    super();
    this.outbox = outbox;
  }

  /** Try again whenever there is reason to hope: now, when the line comes back, when the page is looked at again. */
  start() {
    const hope = () => this.#hope();
    window.addEventListener("online", hope);
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && hope());
    hope();
  }

  /**
   * Send one report.
   * @param {string} key
   * @param {{ signal?: AbortSignal, onProgress?: (state: object) => void }} options
   * @returns {Promise<object>} the answer; else it throws a CallError, and the report is still in the outbox.
   */
  send(key, { signal = new AbortController().signal, onProgress = () => {} } = {}) {
    return this.#alone(async () => {
      const entry = await this.outbox.get(key);
      if (entry === undefined) throw new CallError("cancelled"); // thrown away while it waited for its turn
      if (entry.state === "sent") return entry.result; // another window was faster
      try {
        return await this.#deliver(entry, signal, onProgress);
      } catch (error) {
        const known = error instanceof CallError ? error : new CallError("unknown", { detail: String(error) });
        if (known.code !== "cancelled") {
          await this.outbox.put({ ...entry, state: mayPass(known) ? "waiting" : "refused", problem: known.code });
          if (mayPass(known)) this.#later();
        }
        throw known;
      }
    });
  }

  /** Send all that waits, oldest first; what fails is tried again later. */
  async sendAll() {
    for (const { key } of await this.#waiting()) {
      try {
        const result = await this.send(key);
        this.dispatchEvent(new CustomEvent("sent", { detail: result }));
      } catch (error) {
        if (error.code !== "cancelled" && mayPass(error)) return; // the others would meet the same
      }
    }
  }

  async #deliver(entry, signal, onProgress) {
    const answer = await sendForm("/v1/reports", makeForm(entry.photos, entry.fields), {
      status: 201,
      isAnswer: (body) => typeof body?.id === "string",
      headers: { ...(await csrfHeaders()), "Idempotency-Key": entry.key },
      signal,
      onProgress,
    });
    const { id, created_at: createdAt, prefill, work = null } = answer;
    const result = { id, createdAt, work, prefill: prefill && { category: prefill.category, urgency: prefill.urgency, needs_human: prefill.needs_human } };
    this.#wait = FIRST_WAIT_MS;
    // The photos have arrived: the phone need not keep them.
    await this.outbox.put({ ...entry, state: "sent", photos: [], fields: {}, problem: null, result });
    await this.outbox.tidy();
    return result;
  }

  #hope() {
    this.#wait = FIRST_WAIT_MS;
    return this.sendAll();
  }

  #later() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.sendAll(), this.#wait);
    this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT_MS);
  }

  async #waiting() {
    return (await this.outbox.entries()).filter(({ state }) => state === "waiting");
  }

  // One report at a time on a thin line; other windows of this browser wait too, where the browser can tell them.
  #alone(task) {
    const run = () => (navigator.locks ? navigator.locks.request(LOCK, task) : task());
    const result = this.#chain.then(run, run);
    this.#chain = result.catch(() => {});
    return result;
  }
}
