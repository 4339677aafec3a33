// The page where people sign in: /login?next=/review.

import { call, currentSession, forgetSession } from "../calls.js";
import { byId } from "../dom.js";
import { loadAllLanguages, onLanguage, t } from "../i18n.js";
import { startPage } from "../start.js";
import { allFilledIn, attempt, homeOf, showProblem, startReveal } from "./forms.js";
import { signOut } from "./session.js";

/** Where to go afterwards: a path of this site, or where the account works. */
function destination(actions) {
  const next = new URLSearchParams(location.search).get("next");
  if (next) {
    const address = new URL(next, location.origin);
    // A path that begins with two slashes, as that of "/.//evil.example", would name another site by itself.
    const isOurs = address.origin === location.origin && !address.pathname.startsWith("//");
    if (isOurs && address.pathname !== "/login") return address.pathname + address.search;
  }
  return homeOf(actions);
}

async function signIn() {
  const body = { name: byId("name").value, password: byId("password").value };
  const session = await call("/v1/session", { method: "POST", body });
  forgetSession();
  location.replace(destination(session.actions));
}

async function changePassword(name) {
  const [password, next] = [byId("present").value, byId("next").value];
  await call("/v1/session/password", { method: "POST", body: { password, new_password: next } });
  forgetSession(); // it is over, as all sessions of the account are
  const session = await call("/v1/session", { method: "POST", body: { name, password: next } });
  forgetSession();
  location.replace(destination(session.actions));
}

/** For somebody who is signed in already: where to go on, how to leave, and another password. */
async function showWhoIsHere() {
  const session = await currentSession().catch(() => null);
  if (!session) return;
  const { name, display_name: shown } = session.account;
  const draw = () => {
    byId("who").textContent = t("login.already", { name: shown });
  };
  onLanguage(draw);
  draw();
  byId("go-on").href = destination(session.actions);
  byId("leave").addEventListener("click", () => attempt(byId("leave"), signOut));
  byId("change").addEventListener("submit", (event) => {
    event.preventDefault();
    if (allFilledIn(byId("present"), byId("next"))) attempt(byId("change-send"), () => changePassword(name));
  });
  byId("form").hidden = true;
  byId("already").hidden = false;
}

byId("form").addEventListener("submit", (event) => {
  event.preventDefault();
  if (allFilledIn(byId("name"), byId("password"))) attempt(byId("send"), signIn);
});
startReveal();
await startPage({ onNoWords: showProblem });
byId("name").focus();
await showWhoIsHere();
await loadAllLanguages();
