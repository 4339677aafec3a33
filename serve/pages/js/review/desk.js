// The reviewer's desk: the list, the report that is open, and what becomes of it. It knows no elements of the page.

import { withoutOne } from "./counts.js";
import { Drafts, Outbox } from "./outbox.js";
import { changesOf, continued, decisionOf, keptOf, knownOf, renewed } from "./draft.js";
import { isPending, lookAhead } from "./media.js";
import { act, fetchDecidedBoxes, fetchQueue, fetchReport } from "./service.js";

const DWELL_MS = 250; // who only walks past a report does not take it
const RENEW_MS = 60_000;
const FILL_BELOW = 8;

/**
 * Events: "list", "counts", "open" (another report), "draft", "standing" (claimed, held by somebody else, offline),
 * "work" (how far the machine is with its clip), "outbox", "refused" (a decision that was not taken), "signedout".
 */
export class Desk extends EventTarget {
  reports = [];
  counts = null;
  filters = {};
  next = null;
  loading = true;
  open = null; // { report, known, draft, blind, standing, claiming, left: no longer open, decided }
  decided = []; // { id, version } of this visit, for undo

  /** @param {{ opensFirst: boolean }} options whether a list that was loaded opens its first report */
  constructor(session, { opensFirst }) {
    super();
    this.opensFirst = opensFirst;
    this.actor = `account:${session.account.id}`;
    this.drafts = new Drafts(this.actor);
    this.outbox = new Outbox(this.actor);
    this.outbox.addEventListener("change", () => this.#tell("outbox"));
    this.outbox.addEventListener("sent", ({ detail }) => this.#sent(detail));
    this.outbox.addEventListener("refused", ({ detail }) => this.#refused(detail));
    this.outbox.addEventListener("signedout", () => this.#tell("signedout"));
    setInterval(() => this.open && !document.hidden && this.#claim(this.open), RENEW_MS);
    document.addEventListener("visibilitychange", () => this.open && !document.hidden && this.#claim(this.open));
    addEventListener("pagehide", () => this.#release(this.open, { keepalive: true }));
  }

  /** Read the list anew. */
  async load() {
    this.loading = true;
    const { reports, next, counts } = await fetchQueue(this.filters);
    const unsent = new Set(this.outbox.entries.map(({ id }) => id));
    Object.assign(this, { reports: reports.filter(({ id }) => !unsent.has(id)), next, counts, loading: false });
    this.#tell("list");
    if (this.opensFirst && !this.open && this.reports.length > 0) this.show(this.reports[0].id);
  }

  async more() {
    if (!this.next || this.loadingMore) return;
    this.loadingMore = true;
    try {
      const { reports, next, counts } = await fetchQueue(this.filters, this.next);
      const known = new Set(this.reports.map(({ id }) => id));
      Object.assign(this, { reports: [...this.reports, ...reports.filter(({ id }) => !known.has(id))], next, counts });
      this.#tell("list");
    } finally {
      this.loadingMore = false;
    }
  }

  async filter(name, value) {
    this.filters = { ...this.filters, [name]: value };
    this.leave();
    await this.load();
  }

  /** Open a report of the list. */
  show(id) {
    const report = this.reports.find((one) => one.id === id);
    if (report && id !== this.open?.report.id) this.#open(report);
  }

  /** Open any report, from the server. */
  async fetch(id) {
    this.#open(await fetchReport(id));
  }

  step(by) {
    const at = this.reports.findIndex(({ id }) => id === this.open?.report.id);
    const to = this.reports[Math.max(0, Math.min(this.reports.length - 1, at + by))];
    if (to) this.show(to.id);
    if (at + by > this.reports.length - FILL_BELOW) this.more().catch(() => {});
  }

  /** What the server knows now of a report whose clip is looked at. */
  renew(fresh) {
    Object.assign(this.reports.find(({ id }) => id === fresh.id) ?? {}, fresh);
    this.#tell("list");
    if (this.open?.report.id !== fresh.id) return;
    if (isPending(fresh)) this.open.report.work = fresh.work;
    else Object.assign(this.open, renewed(this.open, fresh));
    this.#tell(isPending(fresh) ? "work" : "open");
    this.#claim(this.open);
  }

  leave() {
    this.#release(this.open);
    if (this.open) this.open.left = true;
    this.open = null;
    this.#tell("open");
  }

  change(part) {
    Object.assign(this.open.draft, part);
    const { report, known, draft } = this.open;
    if (changesOf(known, draft).size > 0 || draft.note) this.drafts.keep(report.id, keptOf(known, draft));
    else this.drafts.drop(report.id);
    this.#tell("draft");
  }

  /** Decide the open report and go on; the server is told in the background. */
  decide(verdict, reason, title) {
    const { report, known, draft } = this.open;
    const at = this.reports.findIndex(({ id }) => id === report.id);
    Object.assign(this.open, { left: true, decided: true });
    this.open = null;
    this.reports = this.reports.filter(({ id }) => id !== report.id);
    this.decided.push({ id: report.id, version: null });
    const seen = { category: report.category, urgency: report.urgency, second_review: report.second_review };
    this.outbox.add({ id: report.id, version: report.version, seen, title, body: decisionOf(verdict, known, draft, reason), draft });
    if (this.counts) this.counts = withoutOne(this.counts, report);
    const following = this.reports[Math.max(0, Math.min(at, this.reports.length - 1))];
    if (following) this.#open(following);
    else this.#tell("open");
    this.#tell("list");
    if (this.reports.length < FILL_BELOW) this.more().catch(() => {});
  }

  /** Take the last decision of this visit back; false where there is none. */
  async undo() {
    const last = this.decided.at(-1);
    if (!last) return false;
    const unsent = this.outbox.entries.find(({ id }) => id === last.id);
    if (unsent && this.outbox.take(last.id)) {
      this.decided.pop();
      this.drafts.keep(last.id, unsent.draft);
      await this.fetch(last.id);
      return true;
    }
    await this.outbox.flush();
    if (last.version === null) return false;
    const report = await act(last.id, "reopen", { version: last.version, reason: "undo" });
    this.decided.pop();
    this.#open(report);
    return true;
  }

  /** Take the report over as it is on the server now, with this reviewer's draft on top of it. */
  async takeOver(id) {
    let report = await fetchReport(id);
    if (report.decided_at !== null) report = await act(id, "reopen", { version: report.version });
    this.#open(report);
  }

  #open(report) {
    this.#release(this.open);
    if (this.open) this.open.left = true;
    const blind = report.second_review === "wanted" && report.verdict === null;
    const known = knownOf(report);
    const kept = this.drafts.get(report.id);
    const draft = kept ? continued(kept, known) : structuredClone(known);
    const entry = { report, known, draft, blind, restored: kept !== null, standing: "free", claiming: null, left: false };
    this.open = entry;
    this.#tell("open");
    this.#tell("list");
    if (report.version > 2 && !blind) this.#learnBoxes(entry);
    if (report.decided_at === null) setTimeout(() => !entry.left && this.#claim(entry), report.claim?.by === this.actor ? 0 : DWELL_MS);
    else this.#stand(entry, "decided");
    lookAhead(this.reports, this.reports.findIndex(({ id }) => id === report.id));
  }

  /** Boxes of an earlier decision take the place of the machine's, unless the reviewer has begun. */
  async #learnBoxes(entry) {
    const boxes = await fetchDecidedBoxes(entry.report.id).catch(() => null);
    if (boxes === null || entry.left) return;
    const untouched = changesOf(entry.known, entry.draft).size === 0;
    entry.known = knownOf(entry.report, boxes);
    if (untouched) {
      entry.draft = { ...structuredClone(entry.known), note: entry.draft.note };
      this.#tell("open");
    } else this.#tell("draft");
  }

  #claim(entry) {
    if (entry.standing === "decided" || isPending(entry.report)) return; // a claim would stop the machine at its clip
    entry.claiming = act(entry.report.id, "claim", { version: entry.report.version })
      .then((report) => {
        entry.report = { ...entry.report, version: report.version, claim: report.claim, state: report.state };
        this.#stand(entry, "held");
        if (entry.left) this.#release(entry);
      })
      .catch(async (error) => {
        if (["report_changed", "move_not_allowed"].includes(error.code)) await this.#lookAgain(entry);
        else if (error.code === "unauthenticated") this.#tell("signedout");
        else this.#stand(entry, "offline");
      });
  }

  /** Somebody else has the report, or had it: show it as it is now, and keep the draft. */
  async #lookAgain(entry) {
    const report = await fetchReport(entry.report.id).catch(() => null);
    if (report === null || entry.left) return;
    const other = report.claim && report.claim.by !== this.actor && Date.parse(report.claim.until) > Date.now();
    if (!other && report.decided_at === null && report.version !== entry.report.version) {
      this.#open(report); // free again, only newer
      return;
    }
    entry.report = report;
    entry.other = other ? report.claim : null;
    this.#stand(entry, other ? "taken" : "decided");
  }

  #stand(entry, standing) {
    entry.standing = standing;
    if (!entry.left) this.#tell("standing");
  }

  /** Give a report back that was looked at and not decided. */
  #release(entry, options = {}) {
    if (!entry || entry.decided || entry.standing !== "held") return;
    entry.standing = "free";
    act(entry.report.id, "release", { version: null }, options)
      .then(({ version, state }) => {
        const report = this.reports.find(({ id }) => id === entry.report.id);
        if (report) Object.assign(report, { version, state, claim: null });
      })
      .catch(() => {}); // the claim runs out by itself
  }

  #sent({ entry, report }) {
    this.drafts.drop(entry.id);
    const decided = this.decided.find(({ id }) => id === entry.id);
    if (decided) decided.version = report.version;
  }

  /** What the server did not take is a draft again. */
  #refused(detail) {
    this.drafts.keep(detail.entry.id, detail.entry.draft);
    this.decided = this.decided.filter(({ id }) => id !== detail.entry.id);
    this.dispatchEvent(new CustomEvent("refused", { detail }));
  }

  #tell(kind) {
    this.dispatchEvent(new Event(kind));
  }
}
