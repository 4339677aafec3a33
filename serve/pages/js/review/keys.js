// The keyboard: which key does what, and the page of help that lists them.

import { byId, h } from "../dom.js";
import { t } from "../i18n.js";

/** Keys as the help shows them, and what they do; `act` names a method of the page. */
const TABLE = [
  ["decide", [
    [["Enter", "c"], "confirm"],
    [["x"], "reject"],
    [["t"], "cannot_tell"],
    [["z"], "undo"],
  ]],
  ["fill", [
    [["1", "…", "0"], "category"],
    [["o"], "other"],
    [["u"], "urgency"],
    [["m"], "note"],
  ]],
  ["boxes", [
    [["n"], "draw"],
    [["b"], "next_box"],
    [["l"], "relabel"],
    [["Del"], "remove"],
    [["Alt", "↑↓←→"], "nudge"],
    [["Alt", "⇧", "↑↓←→"], "resize"],
  ]],
  ["move", [
    [["j", "↓"], "next"],
    [["k", "↑"], "previous"],
    [["["], "previous_photo"],
    [["]"], "next_photo"],
    [["p"], "play"],
    [[",", "."], "skip"],
    [["+", "−", "f"], "zoom"],
    [["⇧", "↑↓←→"], "pan"],
  ]],
  ["page", [
    [["/"], "filter"],
    [["r"], "refresh"],
    [["?"], "help"],
    [["Esc"], "escape"],
  ]],
];

const ARROWS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
const PLAIN = {
  c: "confirm", x: "reject", t: "cannotTell", z: "undo", o: "other", u: "urgency", m: "note", n: "draw", b: "nextBox", l: "relabel",
  Delete: "removeBox", Backspace: "removeBox", j: "next", ArrowDown: "next", ArrowRight: "next", k: "previous", ArrowUp: "previous",
  ArrowLeft: "previous", "[": "previousPhoto", "]": "nextPhoto", p: "play", ",": "back", ".": "ahead", "+": "zoomIn", "=": "zoomIn", "-": "zoomOut", f: "fit", "/": "filter",
  r: "refresh", "?": "help", Escape: "escape", Enter: "enter",
};

/**
 * Send keys to what they do.
 * @param {Record<string, (...values: any[]) => void>} acts
 */
export function listenToKeys(acts) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.isComposing || document.querySelector("dialog[open]")) return;
    if (event.target.closest("input, textarea, select")) {
      if (event.key === "Escape") acts.escape();
      return;
    }
    if (event.key === "Enter" && event.target.closest("button, a, summary")) return; // it presses what has the focus
    const arrow = ARROWS[event.key];
    if (arrow && event.altKey) acts.nudge(...arrow, event.shiftKey);
    else if (arrow && event.shiftKey) acts.pan(...arrow);
    else if (event.altKey) return;
    else if (/^[0-9]$/.test(event.key)) acts.category((Number(event.key) + 9) % 10);
    else if (PLAIN[event.key]) acts[PLAIN[event.key]]();
    else return;
    event.preventDefault();
  });
}

/** Open the list of keys, or close it. */
export function toggleHelp() {
  const dialog = byId("help");
  if (dialog.open) {
    dialog.close();
    return;
  }
  dialog.replaceChildren(
    h("h2", { id: "help-title" }, t("review.keys_title")),
    h("div", { class: "key-groups" }, TABLE.map(group)),
    h("button", { type: "button", class: "button", autofocus: true, onclick: () => dialog.close() }, t("review.close")),
  );
  dialog.onkeydown = (event) => {
    if (event.key !== "?") return;
    event.stopPropagation(); // else the page behind opens it again
    dialog.close();
  };
  dialog.showModal();
}

const group = ([name, rows]) =>
  h(
    "section",
    {},
    h("h3", {}, t(`review.keys.${name}`)),
    h("dl", { class: "key-list" }, rows.flatMap(([keys, what]) => [h("dt", {}, keys.map((key) => h("kbd", {}, key))), h("dd", {}, t(`review.key.${what}`))])),
  );
