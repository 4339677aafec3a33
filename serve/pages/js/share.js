// For integrators: the answer as it came, and the call that made it.

import { h, icon } from "./dom.js";
import { milliseconds, t } from "./i18n.js";

/** Versions, times, and the answer to copy. */
export function makeTechnical(answer, photos, text) {
  const json = JSON.stringify(answer, null, 2);
  const source = h("pre", { tabindex: 0 }, h("code", {}, json));
  const command = curlCommand(photos, text);
  const status = h("span", { class: "muted small", role: "status" });
  return h(
    "details",
    { class: "card technical" },
    h("summary", {}, t("result.technical"), h("span", { class: "muted small versions" }, versions(answer))),
    h(
      "div",
      { class: "technical-body" },
      facts(answer),
      h(
        "div",
        { class: "actions" },
        copyButton("result.copy_json", json, status),
        copyButton("result.copy_curl", command, status),
        status,
      ),
      h("pre", { class: "command", tabindex: 0 }, h("code", {}, command)),
      h("h2", { class: "small-head" }, t("result.json")),
      source,
    ),
  );
}

const versions = ({ model, policy, timing_ms: timing }) =>
  `${model.name} ${model.version} · ${t("result.policy")} ${policy.split("+")[0]} · ${milliseconds(timing.total)}`;

function facts({ model, policy, timing_ms: timing, request_id: requestId }) {
  const time = t("result.time_parts", {
    total: milliseconds(timing.total),
    decode: milliseconds(timing.decode),
    inference: milliseconds(timing.inference),
  });
  const rows = [
    ["result.model", `${model.name} ${model.version}`],
    ["result.policy", policy],
    ["result.time", time],
    ["result.request", requestId],
  ];
  return h("dl", { class: "facts" }, rows.map(([key, value]) => h("div", {}, h("dt", {}, t(key)), h("dd", {}, value))));
}

function copyButton(key, words, status) {
  const copy = async () => {
    status.textContent = t((await copyText(words)) ? "result.copied" : "result.not_copied");
  };
  return h("button", { type: "button", class: "button", onclick: copy }, icon("i-copy"), t(key));
}

/** The same request from a shell. */
export function curlCommand(photos, text) {
  const files = photos.map(({ name }) => `-F ${quote(`file=@"${name.replace(/[\\"]/g, "\\$&")}"`)}`);
  const words = text ? [`--form-string ${quote(`text=${text}`)}`] : [];
  return ["curl", ...files, ...words, quote(`${location.origin}/v1/classify`)].join(" ");
}

const quote = (word) => `'${word.replaceAll("'", `'\\''`)}'`;

/** The clipboard's own interface exists on https and localhost only; elsewhere a selection does the work. */
async function copyText(words) {
  try {
    await navigator.clipboard.writeText(words);
    return true;
  } catch {
    const field = h("textarea", { class: "unseen", readonly: true });
    field.value = words;
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
}
