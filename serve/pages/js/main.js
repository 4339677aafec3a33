// The page's one state: collecting photos, sending them, showing the answer.

import { CallError, classify } from "./api.js";
import { makeDetails, makeSummary, spokenSummary } from "./decision.js";
import { byId, h, icon } from "./dom.js";
import { makeGallery } from "./gallery.js";
import { fileSize, loadAllLanguages, onLanguage, t } from "./i18n.js";
import { note, startIntake } from "./intake.js";
import { startIntro } from "./intro.js";
import { limits } from "./limits.js";
import { Photos } from "./photos.js";
import { shownCategory } from "./prefill.js";
import { hideProblem, showProblem } from "./problems.js";
import { makeTechnical } from "./share.js";
import { startPage } from "./start.js";

const photos = new Photos(limits, { together: false });
let shown = null; // { answer, photos, text } while there is an answer
let failed = null; // the CallError on show
let running = null; // the AbortController of the call under way

function setPhase(phase) {
  byId("main").dataset.phase = phase;
  byId("intro").hidden = phase === "done";
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
  const call = { photos: [...photos.list], text: byId("text").value.trim() };
  try {
    const answer = await classify({ ...call, signal: running.signal, onProgress: showProgress });
    show({ answer, ...call });
  } catch (error) {
    fail(error instanceof CallError ? error : new CallError("unknown", { detail: String(error) }));
  } finally {
    running = null;
  }
}

function showProgress({ stage, done, total }) {
  const bar = byId("bar");
  if (stage === "upload") bar.value = done / total;
  else bar.removeAttribute("value"); // working, for an unknown time
  const values = stage === "upload" ? { done: fileSize(done), total: fileSize(total) } : {};
  const words = stage === "wait" && photos.clip ? t("progress.watch") : t(`progress.${stage}`, values);
  if (byId("stage").textContent !== words) byId("stage").textContent = words;
}

function show(next) {
  shown = next;
  drawResult();
  setPhase("done");
  history.pushState({ result: true }, ""); // the back key of a phone leads back to the photos, not away
  byId("result").focus({ preventScroll: true });
  window.scrollTo({ top: 0 });
}

function drawResult() {
  const { answer, photos: sent, text } = shown;
  byId("announce").textContent = spokenSummary(answer.prefill);
  document.title = `${shownCategory(answer.prefill).name} · HazardLens`;
  const restart = () => {
    photos.clear();
    byId("text").value = "";
    history.back();
  };
  byId("result").replaceChildren(
    h(
      "div",
      { class: "result-bar" },
      h("button", { type: "button", class: "button", id: "change", onclick: () => history.back() }, t("intake.change")),
      h("button", { type: "button", class: "button primary", id: "restart", onclick: restart }, icon("i-plus"), t("intake.restart")),
    ),
    h("div", { class: "result-summary" }, makeSummary(answer.prefill)),
    makeGallery(answer, sent),
    h("div", { class: "result-details" }, makeDetails(answer.prefill, text), makeTechnical(answer, sent, text)),
  );
}

/** Whether photos may come in now. Those that come while an answer is on show begin a new report. */
function mayAdd() {
  if (running) return false;
  if (shown) {
    photos.clear();
    byId("text").value = "";
    edit();
  }
  return true;
}

function edit() {
  shown = null;
  setPhase("idle");
  byId("result").replaceChildren();
  byId("announce").textContent = "";
  document.title = t("intro.page");
  byId(photos.list.length ? "text" : "pick").focus({ preventScroll: true });
  window.scrollTo({ top: 0 });
}

function fail(error) {
  setPhase("idle");
  if (error.code === "cancelled") {
    byId("announce").textContent = t("progress.cancelled");
    byId("send").focus();
    return;
  }
  failed = error;
  drawProblem();
  byId("problem").focus();
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

function redraw() {
  if (shown) drawResult();
  if (failed) drawProblem();
}

function listen() {
  byId("intake").addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  byId("text").maxLength = limits.maxTextChars;
  byId("cancel").addEventListener("click", () => running?.abort());
  photos.addEventListener("change", clearProblem); // the photo that it was about may be gone
  window.addEventListener("popstate", () => shown && edit());
  byId("sample").addEventListener("click", addSample);
  onLanguage(redraw);
}

async function addSample() {
  try {
    const answer = await fetch(`${document.body.dataset.assets}/sample.jpg`);
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    note(photos.add([new File([await answer.blob()], "sample.jpg", { type: "image/jpeg" })]), limits);
    byId("send").focus();
  } catch {
    note({ code: "sample_failed" }, limits);
  }
}

startIntake(photos, { mayAdd });
listen();
await startPage({ onNoWords: () => note({ code: "network_failed" }, limits) });
await startIntro();
await loadAllLanguages();
