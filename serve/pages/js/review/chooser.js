// A small question with one-key answers: a reason, a label.

import { byId, h } from "../dom.js";
import { t } from "../i18n.js";

const KEYS = "1234567890abcdefghijklmnopqrstuvwxyz";

/**
 * Ask; Enter takes what is preselected.
 * @param {string} title
 * @param {{ value: string, word: string, className?: string }[]} options
 * @param {string} likely the value that is preselected
 * @returns {Promise<string | null>} null when it was closed without an answer
 */
export function choose(title, options, likely) {
  const dialog = byId("chooser");
  return new Promise((resolve) => {
    // Not by way of the close event, which comes so late that a fast hand has pressed the next key.
    const finish = (value) => {
      resolve(value);
      dialog.close();
    };
    const buttons = options.map(({ value, word, className = "" }, index) =>
      h(
        "button",
        { type: "button", class: `choice ${className}`, value, autofocus: value === likely, onclick: () => finish(value) },
        h("kbd", { "aria-hidden": "true" }, KEYS[index]),
        h("span", {}, word),
      ),
    );
    dialog.replaceChildren(
      h("h2", { id: "chooser-title" }, title),
      h("div", { class: "choices" }, buttons),
      h("p", { class: "muted small" }, t("review.chooser_hint")),
    );
    dialog.onkeydown = (event) => {
      const index = KEYS.indexOf(event.key.toLowerCase());
      const at = buttons.indexOf(document.activeElement);
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key.length === 1 && index >= 0 && index < buttons.length) finish(options[index].value);
      else if (event.key === "ArrowDown") buttons[(at + 1) % buttons.length].focus();
      else if (event.key === "ArrowUp") buttons[(at - 1 + buttons.length) % buttons.length].focus();
      else return;
      event.preventDefault();
      event.stopPropagation(); // the page behind is open again, and must not take this key too
    };
    dialog.onclose = () => resolve(null);
    dialog.showModal();
    (buttons.find(({ value }) => value === likely) ?? buttons[0]).focus();
  });
}
