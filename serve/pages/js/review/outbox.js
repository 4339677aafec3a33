// Decisions on their way to the server, and drafts of those not made yet. Both outlive a lost connection and a reload.

import { act, fetchReport } from "./service.js";

const LATER = new Set(
  "offline network_failed timed_out answer_unreadable overloaded unavailable store_unavailable model_loading rate_limited internal_error unauthenticated csrf_token_missing".split(" "),
);
const MOVED_ON = new Set(["move_not_allowed", "report_changed"]);
const RETRY_MS = 5_000;

/** Decisions in the order made, sent one after the other. Events: "change", "sent", "refused", "signedout". */
export class Outbox extends EventTarget {
  #shelf;
  #running = null;
  #timer = null;

  constructor(actor) {
    super();
    this.#shelf = new Shelf(`hazardlens.review.unsent.${actor}`, []);
    this.waiting = false; // whether the last try failed
    addEventListener("online", () => this.flush());
  }

  /** @returns {{ id: string, version: number, seen: object, title: string, body: object, draft: object }[]} */
  get entries() {
    return this.#shelf.value;
  }

  add(entry) {
    this.#shelf.keep([...this.entries.filter(({ id }) => id !== entry.id), entry]);
    this.dispatchEvent(new Event("change"));
    this.flush();
  }

  /** Take a decision back before it was sent; false where it is gone or on its way. */
  take(id) {
    if (this.sending === id || !this.entries.some((entry) => entry.id === id)) return false;
    this.#drop(id);
    return true;
  }

  /** Send what waits; resolves when all is sent or the first cannot be. */
  flush() {
    this.#running ??= this.#sendAll().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #sendAll() {
    clearTimeout(this.#timer);
    while (this.entries.length > 0) {
      const entry = this.entries[0];
      this.sending = entry.id;
      try {
        const report = await send(entry);
        this.#settle(entry, "sent", { entry, report });
      } catch (error) {
        if (LATER.has(error.code)) {
          this.#wait(error);
          return;
        }
        this.#settle(entry, "refused", { entry, error });
      } finally {
        this.sending = null;
      }
    }
  }

  #settle(entry, kind, detail) {
    this.waiting = false;
    this.#drop(entry.id);
    this.dispatchEvent(new CustomEvent(kind, { detail }));
  }

  #wait(error) {
    this.waiting = true;
    this.dispatchEvent(new Event("change"));
    if (error.code === "unauthenticated") this.dispatchEvent(new Event("signedout"));
    this.#timer = setTimeout(() => this.flush(), (error.retryAfter ?? 0) * 1000 || RETRY_MS);
  }

  #drop(id) {
    this.#shelf.keep(this.entries.filter((entry) => entry.id !== id));
    this.dispatchEvent(new Event("change"));
  }
}

/** Decide; where that fails for want of a claim, claim and try once more. */
async function send({ id, version, body, seen }) {
  try {
    return await act(id, "review", { ...body, version });
  } catch (error) {
    if (!MOVED_ON.has(error.code)) throw error;
    const claimed = await claim(id, version, seen);
    return act(id, "review", { ...body, version: claimed.version });
  }
}

/** Versions also rise when claims come and go. What counts is that nobody has it and that it says what was seen. */
async function claim(id, version, seen) {
  try {
    return await act(id, "claim", { version });
  } catch (error) {
    if (!MOVED_ON.has(error.code)) throw error;
    const report = await fetchReport(id);
    const same = report.decided_at === null && Object.keys(seen).every((name) => report[name] === seen[name]);
    if (!same) throw error;
    return act(id, "claim", { version: report.version });
  }
}

/** Drafts by report. */
export class Drafts {
  #shelf;

  constructor(actor) {
    this.#shelf = new Shelf(`hazardlens.review.drafts.${actor}`, {});
  }

  get(id) {
    return this.#shelf.value[id] ?? null;
  }

  keep(id, draft) {
    this.#shelf.keep({ ...this.#shelf.value, [id]: draft });
  }

  drop(id) {
    const { [id]: _, ...others } = this.#shelf.value;
    this.#shelf.keep(others);
  }
}

/** A value that is also in the browser's storage; where that is switched off or full, it lasts as long as the page. */
class Shelf {
  constructor(name, empty) {
    this.name = name;
    try {
      this.value = JSON.parse(localStorage.getItem(name)) ?? empty;
    } catch {
      this.value = empty;
    }
  }

  keep(value) {
    this.value = value;
    try {
      localStorage.setItem(this.name, JSON.stringify(value));
    } catch {
      // the page still has it
    }
  }
}
