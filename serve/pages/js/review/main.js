// The review page: puts the desk, the list, the photo, the panel and the keyboard together.

import { may, requireSession, showAccount } from "../access/session.js";
import { byId, h } from "../dom.js";
import { loadAllLanguages, onLanguage, t } from "../i18n.js";
import { startPage } from "../start.js";
import { drawBanners, problemBanner } from "./banners.js";
import { choose } from "./chooser.js";
import { ClipView } from "./clip.js";
import { Desk } from "./desk.js";
import { CATEGORIES, REASONS, URGENCIES, changesOf, likelyReason } from "./draft.js";
import { Editor } from "./editor.js";
import { listenToKeys, toggleHelp } from "./keys.js";
import { hazardOf, labelWord, labelsFor, learnLabels } from "./labels.js";
import { drawFilters, drawList } from "./list.js";
import { drawBoxes, drawDecision, drawFacts, drawHistory } from "./panel.js";
import { Pictures } from "./pictures.js";
import { fetchHistory, fetchLabels } from "./service.js";
import { watchClips } from "./watching.js";
import { reasonWord, titleOf } from "./words.js";

const WIDE = matchMedia("(min-width: 861px)"); // else queue and report take turns
const PAN_PX = 80;
const NUDGE_PX = 4;
const SKIP_S = 1;

let desk = null;
let editor = null;
let clip = null;
let pictures = null;

const drawSide = () => {
  drawFilters(desk.filters, desk.counts, (name, value) => attempt(() => desk.filter(name, value)));
  drawList(desk.reports, {
    openId: desk.open?.report.id,
    more: desk.next !== null,
    loading: desk.loading,
    onOpen: (id) => acts.open(id),
    onMore: () => attempt(() => desk.more()),
  });
};

function drawOpen() {
  const entry = desk.open;
  byId("main").dataset.open = entry ? "yes" : "no";
  byId("report").hidden = !entry;
  byId("nothing").hidden = Boolean(entry);
  if (!entry) {
    pictures.clear();
    document.title = t("review.page");
    return;
  }
  document.title = `${titleOf(entry.report).name} · HazardLens`;
  drawDecision(entry, acts);
  drawFacts(entry);
  byId("note").value = entry.draft.note;
  byId("history")?.addEventListener("toggle", () => attempt(async () => drawHistory(await fetchHistory(entry.report.id))), { once: true });
  attempt(() => pictures.show(entry, () => drawBoxes(editor, acts)));
  drawStanding();
  byId("report").scrollTop = 0;
  byId("report").focus({ preventScroll: true });
}

function drawStanding() {
  drawBanners(desk, { takeOver: (id) => attempt(() => desk.takeOver(id)), skip: () => desk.step(1), again: (id) => attempt(() => desk.fetch(id)), resend: () => desk.outbox.flush() });
  const held = !desk.open || !["taken", "decided"].includes(desk.open.standing);
  for (const id of ["confirm", "reject", "cannot-tell"]) byId(id).disabled = !held;
}

const mayChange = () => desk.open && !["taken", "decided"].includes(desk.open.standing);

function change(part) {
  if (mayChange()) desk.change(part);
}

/** Decide, once there is a reason where one is needed. */
async function decide(verdict) {
  const entry = desk.open;
  if (!entry || !mayChange()) return;
  const { report, known, draft } = entry;
  const changed = changesOf(known, draft);
  if (verdict === "confirm" && (draft.category === null || draft.urgency === null)) return say(t("review.needs_category"));
  if (verdict === "confirm" && draft.category === "not_a_hazard") return decide("reject");
  const real = verdict === "confirm" && changed.size > 0 ? "correct" : verdict;
  let reason = null;
  if (REASONS[real]) {
    const likely = real === "correct" ? likelyReason(known, draft) : "false_alarm";
    const options = REASONS[real].map((value) => ({ value, word: reasonWord(value) }));
    reason = await choose(t(`review.why.${real}`), options, likely);
    if (reason === null || desk.open !== entry) return undefined;
  }
  say(t(`review.did.${real}`, { name: titleOf({ ...report, category: draft.category }).name }));
  return desk.decide(real, reason, titleOf(report).name);
}

/** Ask for a label; a hazard with only one needs no question. */
async function askLabel(likely = null) {
  const labels = labelsFor(desk.open.draft.category);
  const options = labels.map((value) => ({ value, word: labelWord(value), className: `hz-${hazardOf(value) ?? "context"}` }));
  return choose(t("review.which_label"), options, likely ?? labels[0]);
}

async function labelDrawn({ detail: { box } }) {
  const label = await askLabel();
  if (label !== null) editor.keep({ label, box });
}

const acts = {
  open: (id) => {
    if (desk.open?.report.id === id) byId("main").dataset.open = "yes";
    desk.show(id);
  },
  confirm: () => decide("confirm"),
  reject: () => decide("reject"),
  cannotTell: () => decide("cannot_tell"),
  undo: () => attempt(async () => say(t((await desk.undo()) ? "review.undone" : "review.nothing_to_undo"))),
  setCategory: (category) => {
    const { urgency } = desk.open.draft;
    change({ category, urgency: urgency === null || urgency === "none" ? "urgent" : urgency });
  },
  setUrgency: (urgency) => change({ urgency }),
  category: (index) => desk.open && acts.setCategory(CATEGORIES[index]),
  other: () => desk.open && acts.setCategory("other"),
  urgency: () => desk.open && acts.setUrgency(URGENCIES[(URGENCIES.indexOf(desk.open.draft.urgency) + 1) % URGENCIES.length]),
  note: () => byId("note").focus(),
  draw: () => editor.ready && mayChange() && editor.draw(),
  nextBox: () => {
    const { ids } = editor;
    if (ids.length > 0) acts.selectBox(ids[(ids.indexOf(editor.selected) + 1) % ids.length]);
  },
  selectBox: (id) => editor.select(id),
  relabel: async () => {
    const id = editor.selected;
    if (id === null || !mayChange()) return;
    const label = await askLabel(editor.labelOf(id));
    if (label !== null) editor.relabel(id, label);
  },
  removeBox: () => editor.selected && mayChange() && editor.remove(editor.selected),
  nudge: (dx, dy, resize) => mayChange() && editor.nudge(dx * NUDGE_PX, dy * NUDGE_PX, resize),
  next: () => desk.step(1),
  previous: () => desk.step(-1),
  previousPhoto: () => pictures.step(-1),
  nextPhoto: () => pictures.step(1),
  play: () => clip.toggle(),
  back: () => clip.skip(-SKIP_S),
  ahead: () => clip.skip(SKIP_S),
  zoomIn: () => editor.zoom.by(1.4),
  zoomOut: () => editor.zoom.by(1 / 1.4),
  fit: () => editor.zoom.fit(),
  pan: (dx, dy) => editor.zoom.pan(dx * PAN_PX, dy * PAN_PX),
  filter: () => byId("filters").querySelector("button, select").focus(),
  refresh: () => attempt(() => desk.load()),
  help: toggleHelp,
  enter: async () => {
    if (!editor.drawing) return acts.confirm();
    editor.draw(false);
    const label = await askLabel();
    return label === null ? undefined : editor.place(label);
  },
  escape: () => {
    if (editor.drawing) editor.draw(false);
    else if (editor.selected) editor.select(null);
    byId("report").focus({ preventScroll: true });
  },
};

/** Tell what happened, to those who look and to those who listen. */
function say(words) {
  byId("said").textContent = words;
}

/** Do something that may fail, and say so in a banner. */
async function attempt(work) {
  try {
    await work();
  } catch (error) {
    problemBanner(error);
  }
}

function listen() {
  for (const [id, act] of [["confirm", acts.confirm], ["reject", acts.reject], ["cannot-tell", acts.cannotTell], ["undo", acts.undo], ["help-button", acts.help], ["draw", acts.draw], ["zoom-in", acts.zoomIn], ["zoom-out", acts.zoomOut], ["zoom-fit", acts.fit], ["refresh", acts.refresh]])
    byId(id).addEventListener("click", () => act());
  byId("back").addEventListener("click", () => {
    byId("main").dataset.open = "no";
  });
  // After a click the keyboard is the page's again: else Enter would press the same button once more.
  byId("main").addEventListener("click", ({ detail, target }) => {
    if (detail > 0 && !target.closest("input, textarea, select, label")) byId("report").focus({ preventScroll: true });
  });
  byId("note").addEventListener("input", ({ target }) => change({ note: target.value }));
  editor.addEventListener("change", () => {
    drawBoxes(editor, acts);
    const boxes = [...desk.open.draft.boxes];
    boxes[pictures.n] = editor.boxes;
    change({ boxes });
  });
  editor.addEventListener("select", () => drawBoxes(editor, acts));
  editor.addEventListener("drawn", labelDrawn);
  desk.addEventListener("list", drawSide);
  desk.addEventListener("open", drawOpen);
  desk.addEventListener("draft", () => desk.open && drawDecision(desk.open, acts));
  desk.addEventListener("standing", drawStanding);
  desk.addEventListener("work", () => clip.renew(desk.open.report.work));
  desk.addEventListener("outbox", drawStanding);
  desk.addEventListener("refused", ({ detail }) => problemBanner(detail.error, detail.entry, () => attempt(() => desk.takeOver(detail.entry.id))));
  desk.addEventListener("signedout", drawStanding);
  onLanguage(() => {
    drawSide();
    if (desk.open) drawOpen();
  });
  listenToKeys(acts);
}

const session = await requireSession();
if (session !== null) {
  desk = new Desk(session, { opensFirst: WIDE.matches });
  editor = new Editor(byId("frame"));
  clip = new ClipView(byId("clip"));
  pictures = new Pictures(editor, clip);
  listen();
  await startPage();
  showAccount();
  if (may(session, "review")) {
    await attempt(async () => learnLabels(await fetchLabels().catch(() => [])));
    const wanted = new URLSearchParams(location.search).get("report");
    if (wanted) await attempt(() => desk.fetch(wanted));
    await attempt(() => desk.load());
    desk.outbox.flush();
    watchClips(desk);
  } else problemBanner({ code: "forbidden" });
  await loadAllLanguages();
}
