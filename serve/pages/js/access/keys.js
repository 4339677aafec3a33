// The list of API keys: adding and revoking.

import { call } from "../calls.js";
import { byId, h } from "../dom.js";
import { onLanguage, t } from "../i18n.js";
import { allFilledIn, attempt } from "./forms.js";
import { day } from "./log.js";

const ACTIONS = ["report", "classify", "read_reports", "read_originals", "resolve", "export", "read_stats", "read_models"];
const USUAL = new Set(["report", "classify"]);

/** @param {{ show: Function, onChange: () => void }} parts */
export async function startKeys({ show, onChange }) {
  let keys = [];
  const chosen = new Set(USUAL);

  async function refresh() {
    ({ keys } = await call("/v1/keys"));
    draw();
  }

  function draw() {
    byId("key-actions").replaceChildren(...ACTIONS.map(tick));
    const empty = h("li", { class: "rows-empty" }, t("admin.no_keys"));
    byId("keys").replaceChildren(...(keys.length ? keys.map(row) : [empty]));
  }

  function tick(action) {
    const toggle = ({ target }) => (target.checked ? chosen.add(action) : chosen.delete(action));
    const input = h("input", { type: "checkbox", value: action, checked: chosen.has(action), onchange: toggle });
    return h("label", { class: "tick" }, input, h("span", {}, t(`admin.action.${action}`)));
  }

  function row(key) {
    const off = key.revoked_at !== null;
    return h(
      "li",
      { class: off ? "row off" : "row" },
      h(
        "div",
        {},
        h("p", { class: "row-name" }, key.name),
        h(
          "p",
          { class: "row-about" },
          key.reporter_group && h("span", { class: "badge" }, key.reporter_group),
          h("span", {}, key.actions.map((action) => t(`admin.action.${action}`)).join(" / ")),
        ),
      ),
      h("p", { class: "row-about" }, lastWord(key)),
      h("div", { class: "actions" }, !off && revokeButton(key)),
    );
  }

  function revokeButton(key) {
    const label = `${t("admin.revoke")}: ${key.name}`;
    const made = h("button", { type: "button", class: "button", "aria-label": label }, t("admin.revoke"));
    const revoke = async () => {
      await call(`/v1/keys/${key.id}`, { method: "DELETE" });
      await refresh();
      onChange();
    };
    made.addEventListener("click", () => confirm(t("admin.revoke_sure", { name: key.name })) && attempt(made, revoke));
    return made;
  }

  byId("add-key").addEventListener("submit", (event) => {
    event.preventDefault();
    if (!allFilledIn(byId("key-name"))) return;
    attempt(event.submitter, async () => {
      const name = byId("key-name").value.trim();
      const body = { name, actions: [...chosen], reporter_group: byId("key-group").value.trim() || null };
      const { secret } = await call("/v1/keys", { method: "POST", body });
      byId("key-name").value = byId("key-group").value = "";
      show(byId("key-issued"), { words: () => t("admin.key_issued", { name }), value: secret });
      await refresh();
      onChange();
    });
  });
  onLanguage(draw);
  await refresh();
}

function lastWord(key) {
  if (key.revoked_at) return t("admin.revoked", { day: day(key.revoked_at) });
  return key.last_used_at ? t("admin.used", { day: day(key.last_used_at) }) : t("admin.never_used");
}
