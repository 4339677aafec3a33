// Sending photos, with progress, patience and the server's problems as values.

const SILENT_UPLOAD_MS = 30_000;
const SLOW_ANSWER_MS = 8_000;
const NO_ANSWER_MS = 90_000;
const NO_ANSWER_ON_CLIP_MS = 600_000; // it may wait for another one

/** Why a call failed. `code` is the server's (RFC 9457) or one of this page's own. */
export class CallError extends Error {
  constructor(code, { index = null, name = null, retryAfter = null, requestId = null, detail = null } = {}) {
    super(code);
    Object.assign(this, { code, index, name, retryAfter, requestId, detail });
  }
}

/**
 * Classify photos, or a clip.
 * @param {{ photos: { file: File, name: string, kind: "image" | "video" }[], text: string, signal: AbortSignal,
 *           onProgress: (state: { stage: "upload" | "wait" | "slow", done?: number, total?: number }) => void }} call
 * @returns {Promise<object>} the answer of the API.
 */
export function classify({ photos, text, signal, onProgress }) {
  const form = makeForm(photos, { text });
  const isAnswer = (body) => Boolean(body?.prefill) && Array.isArray(body.media);
  const patienceMs = photos.some(({ kind }) => kind === "video") ? NO_ANSWER_ON_CLIP_MS : NO_ANSWER_MS;
  return sendForm("/v1/classify", form, { status: 200, isAnswer, patienceMs, signal, onProgress });
}

/** A form of photos and of those fields that are not empty. */
export function makeForm(photos, fields) {
  const form = new FormData();
  for (const photo of photos) form.append("file", photo.file, photo.name);
  for (const [name, value] of Object.entries(fields)) {
    if (value !== null && String(value).trim()) form.append(name, value);
  }
  return form;
}

/**
 * Send a form, with progress and patience.
 * @param {string} path
 * @param {FormData} form
 * @param {{ status: number, isAnswer: (body: object) => boolean, headers?: object, patienceMs?: number,
 *           signal: AbortSignal, onProgress: (state: object) => void }} options what a good answer is, how long to wait
 *        for it once all has left, and who hears how far it is
 * @returns {Promise<object>} the answer; else it throws a CallError.
 */
export function sendForm(path, form, { status, isAnswer, headers = {}, patienceMs = NO_ANSWER_MS, signal, onProgress }) {
  if (signal.aborted) return Promise.reject(new CallError("cancelled")); // before it began
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // fetch cannot tell how much of an upload has left
    const watch = new Watch(() => fail(new CallError("timed_out")));
    const end = (settle, value) => {
      watch.stop();
      signal.removeEventListener("abort", cancel);
      settle(value);
    };
    const fail = (error) => {
      end(reject, error);
      request.abort();
    };
    const cancel = () => fail(new CallError("cancelled"));

    request.open("POST", path);
    for (const [name, value] of Object.entries({ Accept: "application/json", ...headers })) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => {
      watch.patience(SILENT_UPLOAD_MS);
      onProgress({ stage: "upload", done: loaded, total });
    };
    request.upload.onload = () => {
      watch.patience(patienceMs, SLOW_ANSWER_MS, () => onProgress({ stage: "slow" }));
      onProgress({ stage: "wait" });
    };
    request.onload = () => {
      try {
        end(resolve, readAnswer(request, status, isAnswer));
      } catch (error) {
        end(reject, error);
      }
    };
    request.onerror = () => end(reject, new CallError(navigator.onLine ? "network_failed" : "offline"));
    signal.addEventListener("abort", cancel);
    watch.patience(SILENT_UPLOAD_MS);
    request.send(form);
  });
}

/** The answer, or a CallError with what the server said is wrong. */
function readAnswer(request, status, isAnswer) {
  let body = null;
  try {
    body = JSON.parse(request.responseText);
  } catch {
    throw new CallError(request.status === 413 ? "body_too_large" : "answer_unreadable");
  }
  if (request.status === status && isAnswer(body)) return body;
  if (request.status < 400 || typeof body?.code !== "string") throw new CallError("answer_unreadable");
  throw new CallError(body.code, {
    index: body.media_index ?? null,
    name: body.media_name ?? null,
    detail: body.detail ?? null,
    requestId: body.request_id ?? request.getResponseHeader("X-Request-ID"),
    retryAfter: Number.parseInt(request.getResponseHeader("Retry-After") ?? "", 10) || null,
  });
}

/** A timer that starts anew with every sign of life. */
class Watch {
  constructor(onEnd) {
    this.onEnd = onEnd;
    this.timers = [];
  }

  patience(endMs, warnMs = null, onWarn = null) {
    this.stop();
    this.timers = [setTimeout(this.onEnd, endMs)];
    if (onWarn) this.timers.push(setTimeout(onWarn, warnMs));
  }

  stop() {
    this.timers.forEach(clearTimeout);
  }
}
