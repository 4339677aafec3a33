// What the reviewer has to know now: somebody else has the report, or the line is down. Nothing is lost meanwhile.

import { goToLogin } from "../calls.js";
import { byId, h, icon } from "../dom.js";
import { lookUp, t } from "../i18n.js";
import { clockTime, stateWord } from "./words.js";

/** Draw the banners of the desk as it is. */
export function drawBanners(desk, { takeOver, skip, again, resend }) {
  const { open, outbox } = desk;
  const unsent = outbox.entries.length;
  byId("banners").replaceChildren(
    ...[
      outbox.waiting && unsent > 0 && banner("warn", t("review.unsent", { n: unsent }), [[t("review.resend"), resend], [t("account.sign_in"), goToLogin]]),
      open?.standing === "offline" && !outbox.waiting && banner("warn", t("review.offline"), [[t("review.again"), () => again(open.report.id)]]),
      open?.standing === "taken" && banner("stop", t("review.taken", { name: open.other.name, until: clockTime(open.other.until) }), [[t("review.skip"), skip], [t("review.again"), () => again(open.report.id)]]),
      open?.standing === "decided" && banner("stop", t("review.decided", { state: stateWord(open.report.state) }), [[t("review.skip"), skip], [t("review.reopen"), () => takeOver(open.report.id)]]),
      open?.restored && open.standing !== "decided" && banner("note", t("review.restored"), []),
    ].filter(Boolean),
  );
  byId("sending").textContent = unsent > 0 && !outbox.waiting ? t("review.sending", { n: unsent }) : "";
}

/**
 * Say that something did not work, above the others, until it is closed.
 * @param {{ code: string }} error
 * @param {{ title: string } | null} entry the decision that was refused
 */
export function problemBanner(error, entry = null, takeOver = null) {
  const code = lookUp(`error.${error.code}.what`) ? error.code : "unknown";
  const words = `${entry ? `${t("review.refused", { title: entry.title })} ` : ""}${t(`error.${code}.what`)} ${t(`error.${code}.do`)}`;
  const buttons = [error.code === "unauthenticated" && [t("account.sign_in"), goToLogin], takeOver && [t("review.look"), takeOver]].filter(Boolean);
  const element = banner("stop", words, [...buttons, [t("review.close"), () => {}]]);
  for (const button of element.querySelectorAll("button")) button.addEventListener("click", () => element.remove());
  byId("problems").replaceChildren(element);
}

function banner(kind, words, buttons) {
  return h(
    "div",
    { class: `notice notice-${kind}`, role: kind === "note" ? "status" : "alert" },
    icon(kind === "note" ? "i-check" : "i-warn"),
    h("p", {}, words),
    buttons.map(([word, onclick]) => h("button", { type: "button", class: "button", onclick }, word)),
  );
}
