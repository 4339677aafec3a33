// The audit log: who did what, the latest first.

import { byId, h } from "../dom.js";
import { currentLanguage, lookUp, onLanguage, t } from "../i18n.js";
import { attempt } from "./forms.js";

const TAGS = { zh: "zh-CN", en: "en-GB" };

/** A date as people write it. */
export const day = (time) => new Intl.DateTimeFormat(TAGS[currentLanguage()], { dateStyle: "medium" }).format(new Date(time));

const moment = (time) =>
  new Intl.DateTimeFormat(TAGS[currentLanguage()], { dateStyle: "short", timeStyle: "medium" }).format(new Date(time));

/** @param {(path: string) => Promise<object>} call */
export function startLog(call) {
  let events = [];
  let next = null;

  async function refresh() {
    ({ events, next } = await call("/v1/audit"));
    draw();
  }

  async function more() {
    const page = await call(`/v1/audit?before=${next}`);
    events = [...events, ...page.events];
    next = page.next;
    draw();
  }

  function draw() {
    byId("log").replaceChildren(...events.map(line));
    byId("more").hidden = next === null;
  }

  byId("more").addEventListener("click", ({ currentTarget }) => attempt(currentTarget, more));
  onLanguage(draw);
  return { refresh };
}

function line({ at, actor_name: name, action, target, detail }) {
  const who = lookUp(`admin.who.${name}`) ?? name;
  const words = lookUp(`admin.did.${action}`) ?? action.replaceAll("_", " ");
  const about = detail.name ?? targetWords(target);
  const rest = Object.entries(detail).filter(([key, value]) => key !== "name" && value !== null);
  return h(
    "li",
    {},
    h("time", { datetime: at }, moment(at)),
    h(
      "div",
      {},
      h("p", {}, h("strong", {}, who), ` ${words}`, about && `: ${about}`),
      rest.length > 0 && h("p", { class: "muted" }, rest.map(([key, value]) => `${keyWord(key)}: ${valueWords(value)}`).join(" · ")),
    ),
  );
}

/** What an event was about, where it is not an account or key, whose ids say nothing to people. */
function targetWords(target) {
  if (target === "unknown") return t("admin.unknown");
  const [, kind, rest] = /^(\w+):(.*)$/.exec(target) ?? [];
  return kind && !["account", "key", "delivery"].includes(kind) ? rest : null;
}

const keyWord = (key) => lookUp(`admin.detail.${key}`) ?? key.replaceAll("_", " ");

/** A value of an event's detail: names of roles and actions in words, the rest as it is. */
function valueWords(value) {
  if (typeof value === "boolean") return t(value ? "admin.yes" : "admin.no");
  if (Array.isArray(value)) return value.map(valueWords).join(" / ");
  if (typeof value === "object") return JSON.stringify(value);
  return lookUp(`admin.role.${value}`) ?? lookUp(`admin.action.${value}`) ?? String(value);
}
