// The page where one-time links lead: /setup#token=... makes the first administrator, or sets a password.

import { CallError } from "../api.js";
import { call, forgetSession } from "../calls.js";
import { byId } from "../dom.js";
import { loadAllLanguages, onLanguage, t } from "../i18n.js";
import { startPage } from "../start.js";
import { allFilledIn, attempt, homeOf, showProblem, startReveal } from "./forms.js";

const NAME = /^[\p{L}\p{N}_][\p{L}\p{N}_.@+-]{0,59}$/u;
const token = new URLSearchParams(location.hash.slice(1)).get("token") ?? "";
history.replaceState(null, "", location.pathname); // out of the address bar, and of the browser's history
addEventListener("hashchange", () => location.reload()); // another link in the same tab
let offer = null; // what the link is for, once the server has said so

function draw() {
  const purpose = offer?.purpose ?? "none";
  byId("title").textContent = t(`setup.title.${purpose}`);
  byId("lede").textContent = t(`setup.lede.${purpose}`, { name: offer?.account_name });
  byId("password-hint").textContent = t("setup.password_hint", { n: offer?.password_min_chars });
  byId("name-field").hidden = purpose !== "setup";
  byId("form").hidden = offer === null;
}

async function look() {
  offer = await call("/v1/setup/look", { method: "POST", body: { token } });
  if (offer.purpose === "password") byId("name").value = offer.account_name; // for password managers
  draw();
  byId(offer.purpose === "setup" ? "name" : "password").focus();
}

async function use() {
  const [name, password] = [byId("name").value.trim(), byId("password").value];
  await call("/v1/setup", { method: "POST", body: { token, name, password } });
  const session = await call("/v1/session", { method: "POST", body: { name, password } });
  forgetSession();
  location.replace(offer.purpose === "setup" ? "/admin" : homeOf(session.actions));
}

/** Whether the server will take what was typed; else the field at fault gets the focus, and its hint says what it takes. */
function isGood() {
  const [name, password] = [byId("name"), byId("password")];
  const faults = [!NAME.test(name.value.trim()) && name, [...password.value].length < offer.password_min_chars && password];
  for (const input of [name, password]) input.setAttribute("aria-invalid", String(faults.includes(input)));
  faults.find(Boolean)?.focus();
  return !faults.some(Boolean);
}

byId("form").addEventListener("submit", (event) => {
  event.preventDefault();
  if (allFilledIn(byId("name"), byId("password")) && isGood()) attempt(byId("send"), use);
});
startReveal();
onLanguage(draw);
await startPage({ onNoWords: showProblem });
await (token ? look() : Promise.reject(new CallError("link_invalid"))).catch(showProblem);
await loadAllLanguages();
