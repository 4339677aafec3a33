// What went wrong, in a sentence, and what to do about it.

import { byId, h, icon } from "./dom.js";
import { lookUp, fileSize, moment, t } from "./i18n.js";

const PHOTO_PROBLEMS = /^(image_|video_|file_too_large$|base64_invalid$)/;
const RETRY_HELPS = new Set(
  "offline network_failed timed_out multipart_invalid body_timeout unavailable overloaded model_loading inference_failed unknown".split(" "),
);

/** The two sentences for a code: what happened, and what a person can do. */
export function explain({ code, name }, limits) {
  const known = lookUp(`error.${code}.what`) ? code : "unknown";
  const max = known === "photos_too_big" ? fileSize(limits.maxBodyBytes) : limits.maxPhotos;
  const clip = { size: fileSize(limits.maxVideoBytes), length: moment(limits.maxVideoS) };
  const values = { name: name ?? t("intake.chosen"), max, chars: limits.maxTextChars, ...clip };
  return { what: t(`error.${known}.what`, values), action: t(`error.${known}.do`, values) };
}

/**
 * Show a failed call.
 * @param {import("./api.js").CallError} error
 * @param {{ limits: object, photos: { name: string }[], onRetry: () => void, onDrop: (index: number) => void,
 *           onDismiss: () => void }} options
 */
export function showProblem(error, { limits, photos, onRetry, onDrop, onDismiss }) {
  const photo = error.index === null ? undefined : photos[error.index];
  const { what, action } = explain({ code: error.code, name: photo?.name ?? error.name }, limits);
  const canDrop = photo !== undefined && photos.length > 1 && PHOTO_PROBLEMS.test(error.code);
  const box = byId("problem");
  box.replaceChildren(
    icon("i-warn", "problem-icon"),
    h(
      "div",
      { class: "problem-text" },
      h("h2", {}, what),
      h("p", {}, action),
      photo && photos.length > 1 && h("p", { class: "small" }, t("problem.where", { n: error.index + 1, name: photo.name })),
      h("p", { class: "muted small" }, h("code", {}, error.code), error.requestId && ` · ${t("problem.request", { id: error.requestId })}`),
      h(
        "div",
        { class: "actions" },
        RETRY_HELPS.has(error.code) && retryButton(error.retryAfter, onRetry),
        canDrop && h("button", { type: "button", class: "button primary", onclick: () => onDrop(error.index) }, t("problem.drop_photo")),
        h("button", { type: "button", class: "button", onclick: onDismiss }, t("problem.dismiss")),
      ),
    ),
  );
  box.hidden = false;
  byId("thumbs").children[error.index ?? -1]?.classList.add("bad");
}

export function hideProblem() {
  for (const thumb of document.querySelectorAll(".thumb.bad")) thumb.classList.remove("bad");
  byId("problem").hidden = true;
  byId("problem").replaceChildren();
}

/** A button that waits as long as the server asked for, and says so. */
function retryButton(seconds, onRetry) {
  const button = h("button", { type: "button", class: "button primary", onclick: onRetry });
  const show = (left) => {
    button.disabled = left > 0;
    button.textContent = left > 0 ? t("problem.retry_in", { n: left }) : t("problem.retry");
    if (left > 0) setTimeout(() => show(left - 1), 1000);
  };
  show(Math.min(seconds ?? 0, 120));
  return button;
}
