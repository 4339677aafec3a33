// The list of accounts: roles, one-time links, disabling, adding.

import { call } from "../calls.js";
import { byId, h } from "../dom.js";
import { onLanguage, t } from "../i18n.js";
import { allFilledIn, attempt, hideProblem, showProblem } from "./forms.js";

const ROLES = ["reviewer", "engineer", "administrator"];

/** @param {{ show: Function, onChange: () => void, own: string }} parts `own` is the id of whoever looks */
export async function startAccounts({ show, onChange, own }) {
  let accounts = [];

  async function refresh() {
    ({ accounts } = await call("/v1/accounts"));
    draw();
  }

  function draw() {
    byId("account-role").replaceChildren(...options(byId("account-role").value || "reviewer"));
    byId("accounts").replaceChildren(...accounts.map(row));
  }

  function row(account) {
    const off = account.disabled_at !== null;
    return h(
      "li",
      { class: off ? "row off" : "row" },
      h(
        "div",
        {},
        h("p", { class: "row-name" }, account.display_name),
        h(
          "p",
          { class: "row-about" },
          account.name !== account.display_name && h("span", {}, account.name),
          h("span", {}, t(`admin.state.${off ? "disabled" : account.has_password ? "active" : "invited"}`)),
          account.id === own && h("span", {}, t("admin.you")),
        ),
      ),
      h("div", { class: "field" }, roleChoice(account)),
      h(
        "div",
        { class: "actions" },
        button("admin.link", account, () => makeLink(account), off),
        button(off ? "admin.enable" : "admin.disable", account, () => change(account, { disabled: !off })),
      ),
    );
  }

  function roleChoice(account) {
    const label = `${t("admin.role_label")}: ${account.display_name}`;
    const choose = async ({ target }) => {
      hideProblem();
      await change(account, { role: target.value }).catch(showProblem);
      draw(); // after a refusal, what holds
    };
    return h("select", { "aria-label": label, onchange: choose }, ...options(account.role));
  }

  async function change(account, body) {
    Object.assign(account, await call(`/v1/accounts/${account.id}`, { method: "PATCH", body }));
    draw();
    onChange();
  }

  async function makeLink(account) {
    const { url } = await call(`/v1/accounts/${account.id}/password-link`, { method: "POST" });
    showLink(account, url);
    onChange();
  }

  const showLink = ({ display_name: name }, value) =>
    show(byId("account-issued"), { words: () => t("admin.link_issued", { name }), value });

  byId("add-account").addEventListener("submit", (event) => {
    event.preventDefault();
    if (!allFilledIn(byId("account-name"))) return;
    attempt(event.submitter, async () => {
      const body = { name: byId("account-name").value, display_name: byId("account-display").value, role: byId("account-role").value };
      const { account, link } = await call("/v1/accounts", { method: "POST", body });
      byId("account-name").value = byId("account-display").value = "";
      showLink(account, link.url);
      await refresh();
      onChange();
    });
  });
  onLanguage(draw);
  await refresh();
}

function button(words, account, onclick, disabled = false) {
  const made = h("button", { type: "button", class: "button", disabled, "aria-label": `${t(words)}: ${account.display_name}` }, t(words));
  made.addEventListener("click", () => attempt(made, onclick));
  return made;
}

const options = (chosen) => ROLES.map((role) => h("option", { value: role, selected: role === chosen }, t(`admin.role.${role}`)));
