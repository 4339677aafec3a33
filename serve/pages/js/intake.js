// The ways in: pick, take, drop, paste; and the thumbnails of what was chosen.

import { byId, h, icon } from "./dom.js";
import { measure, secondsOf } from "./files.js";
import { fileSize, moment, onLanguage, t } from "./i18n.js";
import { explain } from "./problems.js";

/**
 * @param {import("./photos.js").Photos} photos
 * @param {{ mayAdd: () => boolean, prepare?: (files: File[]) => Promise<File[]> }} options `prepare` makes files fit
 */
export function startIntake(photos, { mayAdd, prepare = null }) {
  const take = async (files) => {
    const chosen = [...files]; // at once: the list of an input that is emptied is emptied too
    if (!chosen.length || !mayAdd()) return;
    const ready = prepare === null ? chosen : await prepare(chosen);
    await measure(ready);
    note(photos.add(ready), photos.limits);
  };
  for (const id of ["pick", "camera", "record"]) {
    byId(id).addEventListener("change", ({ target }) => {
      take(target.files);
      target.value = ""; // the same photo may be chosen again
    });
  }
  listenForDrops(take);
  document.addEventListener("paste", (event) => {
    if (!event.clipboardData?.files.length) return;
    event.preventDefault();
    take(event.clipboardData.files);
  });
  const draw = () => drawThumbs(photos);
  photos.addEventListener("change", draw);
  onLanguage(draw);
}

// The whole window takes drops, so that a photo let go beside the field does not replace the page.
function listenForDrops(take) {
  let depth = 0;
  const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  const light = (on) => byId("drop").classList.toggle("over", on);
  window.addEventListener("dragenter", (event) => {
    if (!carriesFiles(event)) return;
    depth += 1;
    light(true);
  });
  window.addEventListener("dragleave", (event) => {
    if (!carriesFiles(event)) return;
    depth = Math.max(0, depth - 1);
    light(depth > 0);
  });
  window.addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault());
  window.addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    depth = 0;
    light(false);
    take(event.dataTransfer.files);
  });
}

/** Say what was not taken, or nothing. */
export function note(problem, limits) {
  const line = byId("note");
  line.hidden = problem === null;
  line.replaceChildren();
  if (problem === null) return;
  const { what, action } = explain(problem, limits);
  line.append(icon("i-warn"), h("span", {}, h("strong", {}, what), " ", action));
}

function drawThumbs(photos) {
  byId("thumbs").replaceChildren(...photos.list.map((photo, index) => thumb(photo, () => remove(photos, index))));
  byId("drop").classList.toggle("small", photos.list.length > 0);
  const send = byId("send");
  send.disabled = photos.list.length === 0;
  send.textContent = photos.clip ? t("intake.send_clip", { n: photos.stills }) : t("intake.send", { n: photos.stills });
}

function remove(photos, index) {
  note(null, photos.limits);
  photos.remove(index);
  const next = byId("thumbs").querySelectorAll("button")[Math.min(index, photos.list.length - 1)];
  (next ?? byId("pick")).focus(); // the button that had the focus is gone
}

function thumb(photo, onRemove) {
  const label = t("intake.remove", { name: photo.name });
  return h(
    "li",
    { class: "thumb" },
    photo.kind === "video" ? clipPreview(photo) : preview(photo),
    h("span", { class: "thumb-name", title: photo.name }, photo.name),
    h("span", { class: "muted small" }, fileSize(photo.file.size)),
    h("button", { type: "button", class: "thumb-remove", "aria-label": label, title: label, onclick: onRemove }, icon("i-close")),
  );
}

const preview = (photo) => shownOrStand(photo, h("img", { src: photo.url, alt: "", class: "thumb-image" }), "load");

/** The clip's first frame, that it is a clip, and how long it lasts. */
function clipPreview(photo) {
  const seconds = secondsOf(photo.file);
  return h(
    "span",
    { class: "thumb-clip" },
    // Without a time, some phones show nothing before the clip is played.
    shownOrStand(photo, h("video", { src: `${photo.url}#t=0.1`, class: "thumb-image", muted: true, playsinline: true, preload: "metadata", tabindex: -1, "aria-hidden": "true" }), "loadeddata"),
    h("span", { class: "thumb-length" }, icon("i-clip"), seconds === null ? t("clip.word") : moment(seconds)),
  );
}

/** Something that shows a file, or its name's ending where this browser cannot show it. */
function shownOrStand(photo, element, loaded) {
  const stand = () => h("span", { class: "thumb-stand", title: t("intake.no_preview") }, extension(photo.name));
  if (photo.visible === false) return stand();
  element.addEventListener(loaded, () => (photo.visible = true));
  element.addEventListener("error", () => {
    photo.visible = false;
    element.replaceWith(stand());
  });
  return element;
}

const extension = (name) => (/\.(\w{1,5})$/.exec(name)?.[1] ?? "?").toUpperCase();
