// Who is signed in, shown in the header of a page: <div class="account" id="account"></div> and css/account.css.

import { call, currentSession, forgetSession, goToLogin } from "../calls.js";
import { byId, h, icon } from "../dom.js";
import { onLanguage, t } from "../i18n.js";

/** The header with which a change says that a page of ours sends it; `call` of calls.js adds it by itself. */
export async function csrfHeaders() {
  const session = await currentSession();
  return session ? { "X-CSRF-Token": session.csrf_token } : {};
}

/** End the session, here and on the server, and go to the start page. */
export async function signOut() {
  await call("/v1/session", { method: "DELETE" });
  forgetSession();
  location.assign("/");
}

/**
 * The session of a page that needs one: without it the reader is sent to sign in, and null is returned.
 * @returns {Promise<{ account: object, csrf_token: string, actions: string[] } | null>}
 */
export async function requireSession() {
  const session = await currentSession();
  if (session === null) goToLogin();
  return session;
}

/** Whether a session has the right to an action, like "review". */
export const may = (session, action) => session?.actions.includes(action) ?? false;

/** Fill in the header's #account now and after each change of language. A server that does not answer shows nothing. */
export async function showAccount() {
  const session = await currentSession().catch(() => undefined);
  if (session === undefined) return;
  const draw = () => byId("account").replaceChildren(...(session ? signedIn(session) : [signInLink()]));
  onLanguage(draw);
  draw();
}

function signedIn({ account, actions }) {
  return [
    actions.includes("manage_accounts") && location.pathname !== "/admin" && h("a", { class: "account-link", href: "/admin" }, t("account.admin")),
    h("span", { class: "account-name", title: account.name }, icon("i-person"), h("span", {}, account.display_name)),
    h("button", { type: "button", class: "account-out", onclick: signOut }, t("account.sign_out")),
  ].filter(Boolean);
}

const signInLink = () =>
  h("a", { class: "account-link", href: `/login?next=${encodeURIComponent(location.pathname + location.search)}` }, t("account.sign_in"));
