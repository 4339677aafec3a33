// Accounts, keys and the log, for administrators.

import { CallError } from "../api.js";
import { call } from "../calls.js";
import { byId, h, icon } from "../dom.js";
import { loadAllLanguages, onLanguage, t } from "../i18n.js";
import { startPage } from "../start.js";
import { startAccounts } from "./accounts.js";
import { hideProblem, showProblem } from "./forms.js";
import { startKeys } from "./keys.js";
import { startLog } from "./log.js";
import { may, requireSession, showAccount } from "./session.js";

/**
 * Show something that is shown once: a link or a key, to be copied now.
 * @param {HTMLElement} place
 * @param {{ words: () => string, value: string }} issued
 */
function show(place, { words, value }) {
  const draw = () => {
    const input = h("input", { type: "text", readonly: true, value, "aria-label": words(), onfocus: ({ target }) => target.select() });
    const copy = h("button", { type: "button", class: "button" }, icon("i-copy"), h("span", {}, t("admin.copy")));
    copy.addEventListener("click", () => copyFrom(input, copy));
    place.replaceChildren(h("p", {}, words()), h("div", { class: "issued-line" }, input, copy));
    place.hidden = false;
    place.redraw = draw;
  };
  draw();
  place.scrollIntoView({ block: "nearest" });
}

async function copyFrom(input, button) {
  input.select();
  try {
    await navigator.clipboard.writeText(input.value);
    button.lastChild.textContent = t("admin.copied");
  } catch {
    // no clipboard without TLS: the value is selected, Ctrl+C copies it
  }
}

onLanguage(() => {
  for (const place of document.querySelectorAll(".issued:not([hidden])")) place.redraw();
});
await startPage({ onNoWords: showProblem });
const session = await requireSession().catch(showProblem);
if (session && !may(session, "manage_accounts")) showProblem(new CallError("forbidden"));
if (session && may(session, "manage_accounts")) {
  hideProblem();
  byId("parts").hidden = false;
  const log = startLog(call);
  const onChange = () => log.refresh().catch(showProblem);
  await Promise.all([startAccounts({ show, onChange, own: session.account.id }), startKeys({ show, onChange }), log.refresh()]).catch(showProblem);
}
await showAccount();
await loadAllLanguages();
