// The page where people sign in: /login?next=/review.

import { call, currentSession, forgetSession } from "../calls.js";
import { byId, h } from "../dom.js";
import { loadAllLanguages, onLanguage, t } from "../i18n.js";
import { startPage } from "../start.js";
import { allFilledIn, attempt, homeOf, showProblem, startReveal } from "./forms.js";
import { signOut } from "./session.js";

/** Where to go afterwards: a path of this site, or where the account works. */
function destination(actions) {
  const next = new URLSearchParams(location.search).get("next");
  if (next) {
    const address = new URL(next, location.origin);
    if (address.origin === location.origin && address.pathname !== "/login") return address.pathname + address.search;
  }
  return homeOf(actions);
}

async function signIn() {
  const body = { name: byId("name").value, password: byId("password").value };
  const session = await call("/v1/session", { method: "POST", body });
  forgetSession();
  location.replace(destination(session.actions));
}

async function showWhoIsHere() {
  const session = await currentSession().catch(() => null);
  if (!session) return;
  const draw = () => {
    byId("already").replaceChildren(
      h("span", {}, t("login.already", { name: session.account.display_name })),
      h(
        "span",
        { class: "actions" },
        h("a", { class: "button", href: destination(session.actions) }, t("login.go_on")),
        h("button", { class: "button", type: "button", onclick: () => signOut().catch(showProblem) }, t("account.sign_out")),
      ),
    );
    byId("already").hidden = false;
  };
  onLanguage(draw);
  draw();
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
