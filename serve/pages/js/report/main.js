// The page's one state: collecting photos, sending them, and what became of them.

import { byId } from "../dom.js";
import { fileSize, loadAllLanguages, onLanguage, t } from "../i18n.js";
import { note, startIntake } from "../intake.js";
import { limits } from "../limits.js";
import { Photos } from "../photos.js";
import { shownCategory } from "../prefill.js";
import { hideProblem, showProblem } from "../problems.js";
import { startPage } from "../start.js";
import { Courier, mayPass } from "./courier.js";
import { Draft } from "./draft.js";
import { Outbox } from "./outbox.js";
import { Place } from "./place.js";
import { drawOutbox, makeConfirmation, makeKept, renewWork } from "./screens.js";
import { makeFit, shrink } from "./shrink.js";
import { ClipWatch, isPending } from "./watch.js";

const TOO_MANY_PIXELS_SIDE = 6000;

const photos = new Photos(limits, { together: true });
const place = new Place();
const outbox = new Outbox();
const courier = new Courier(outbox);
const watch = new ClipWatch(outbox);
const draft = new Draft(outbox, photos, place);
let shown = null; // { result } or { kept: { problem } }, with the entry's key and its clip, while the form is away
let failed = null; // the CallError on show
let running = null; // the AbortController of the call under way

function setPhase(phase) {
  byId("main").dataset.phase = phase;
  byId("work").hidden = phase === "done";
  byId("result").hidden = phase !== "done";
  byId("progress").hidden = phase !== "sending";
  byId("send").hidden = phase === "sending";
  byId("intake").inert = phase === "sending";
}

async function send() {
  if (running || photos.list.length === 0) return;
  note(null, limits);
  clearProblem();
  running = new AbortController();
  setPhase("sending");
  byId("cancel").focus({ preventScroll: true });
  const entry = draft.entry("waiting");
  try {
    await outbox.put(entry); // before anything leaves: what is sent can be sent again
    const result = await courier.send(entry.key, { signal: running.signal, onProgress: showProgress });
    const clip = copyOfClip();
    await draft.clear();
    show({ key: entry.key, result, clip });
  } catch (error) {
    await settle(entry, error);
  } finally {
    running = null;
    drawEntries();
  }
}

/** After a failure: the phone keeps what may pass later; what must be changed goes back into the form. */
async function settle(entry, error) {
  if (error.code !== "cancelled" && error.code !== undefined && mayPass(error)) {
    const clip = copyOfClip();
    await draft.clear();
    show({ key: entry.key, kept: { problem: error.code }, clip });
    return;
  }
  await outbox.remove(entry.key); // the form still has all of it, and the same key
  setPhase("idle");
  if (error.code === "cancelled") {
    byId("announce").textContent = t("progress.cancelled");
    byId("send").focus();
  } else if (error.code === "image_too_large" && (await photos.replace(error.index, (file) => shrink(file, { maxSide: TOO_MANY_PIXELS_SIDE })))) {
    running = null;
    await send(); // a photo of more pixels than the server takes goes in smaller
  } else {
    failed = error;
    drawProblem();
    byId("problem").focus();
  }
}

function showProgress({ stage, done, total }) {
  const bar = byId("bar");
  if (stage === "upload") bar.value = done / total;
  else bar.removeAttribute("value"); // working, for an unknown time
  const words = t(`progress.${stage}`, stage === "upload" ? { done: fileSize(done), total: fileSize(total) } : {});
  if (byId("stage").textContent !== words) byId("stage").textContent = words;
}

/** The clip, to show what was found in it: the form's own is given back to the browser with the form. */
const copyOfClip = () => (photos.clip ? { ...photos.clip, url: URL.createObjectURL(photos.clip.file) } : null);

function show(next) {
  shown = next;
  drawResult();
  if (isPending(shown.result?.work)) watch.follow(shown.key);
  setPhase("done");
  byId("result").focus({ preventScroll: true });
  window.scrollTo({ top: 0 });
}

function drawResult() {
  const { result, kept, clip } = shown;
  const parts = result
    ? makeConfirmation(result, clip, startAnew)
    : makeKept({ lasting: outbox.lasting, ...kept }, { onRetry: () => courier.sendAll(), onAnother: startAnew });
  byId("result").replaceChildren(...parts);
  byId("announce").textContent = result ? `${t("report.arrived")} ${t("report.number")} ${result.id}` : t("report.kept");
}

function startAnew() {
  if (shown.clip) URL.revokeObjectURL(shown.clip.url);
  shown = null;
  setPhase("idle");
  byId("result").replaceChildren();
  byId("announce").textContent = "";
  drawEntries();
  byId("camera").focus({ preventScroll: true });
  window.scrollTo({ top: 0 });
}

/** Whether photos may come in now. Those that come while an answer is on show begin a new report. */
function mayAdd() {
  if (running) return false;
  if (shown) startAnew();
  return true;
}

function drawProblem() {
  showProblem(failed, {
    limits,
    photos: photos.list,
    onRetry: send,
    onDrop: (index) => {
      photos.remove(index);
      send();
    },
    onDismiss: () => {
      clearProblem();
      byId("send").focus();
    },
  });
}

function clearProblem() {
  failed = null;
  hideProblem();
}

async function drawEntries() {
  drawOutbox(await outbox.entries(), {
    except: shown?.key ?? (running ? draft.key : null),
    onRetry: () => courier.sendAll(),
    onRemove: (entry) => confirm(t("outbox.sure")) && outbox.remove(entry.key),
    onEdit: edit,
    onForget: async () => {
      for (const { key, state } of await outbox.entries()) if (state === "sent") await outbox.remove(key);
    },
  });
}

/** Put a report that the server refused back into the form. */
async function edit(entry) {
  if (shown) startAnew();
  draft.restore(entry);
  await outbox.remove(entry.key);
  byId("text").focus();
}

async function noticeSent({ detail: result }) {
  if (shown?.kept && (await outbox.get(shown.key))?.result?.id === result.id) show({ ...shown, kept: null, result });
  else {
    byId("announce").textContent = `${t("report.arrived")} ${t("report.number")} ${result.id}`;
    watch.start();
  }
}

/** The server knows more of a clip: the figures of its progress, or what it is. */
function noticeNews({ detail: { key, result } }) {
  if (shown?.key !== key || !shown.result) return;
  shown.result = result;
  if (renewWork(result.work)) return;
  const wasOn = document.activeElement?.id;
  drawResult();
  if (wasOn) byId(wasOn)?.focus({ preventScroll: true });
  if (result.prefill) byId("announce").textContent = `${t("report.guess")} ${shownCategory(result.prefill).name}`;
}

function listen() {
  byId("intake").addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  byId("text").maxLength = limits.maxTextChars;
  byId("cancel").addEventListener("click", () => running?.abort());
  photos.addEventListener("change", clearProblem); // the photo that it was about may be gone
  outbox.addEventListener("change", drawEntries);
  courier.addEventListener("sent", noticeSent);
  watch.addEventListener("news", noticeNews);
  onLanguage(() => {
    if (shown) drawResult();
    if (failed) drawProblem();
    drawEntries();
  });
}

const prepare = (files) =>
  makeFit(files, { ...limits, usedBytes: photos.totalBytes, room: limits.maxPhotos - photos.list.length });

await outbox.open();
startIntake(photos, { mayAdd, prepare });
place.start();
listen();
await startPage({ onNoWords: () => note({ code: "network_failed" }, limits) });
await draft.start();
courier.start();
watch.start();
await loadAllLanguages();
