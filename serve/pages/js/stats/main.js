// The page's one state: the days that are looked at, and the figures of these days.

import { requireSession, showAccount } from "../access/session.js";
import { call } from "../calls.js";
import { byId } from "../dom.js";
import { clock, onLanguage, t } from "../i18n.js";
import { startPage } from "../start.js";
import { daysFromAddress, listenForDays, showDays } from "./days.js";
import { drawFigures } from "./figures.js";

let shown = null; // { stats, suspicious, query } once they are there
let failed = null; // the code of what went wrong

async function load(days) {
  const query = new URLSearchParams({ ...days, utc_offset_min: String(-new Date().getTimezoneOffset()) });
  byId("figures").setAttribute("aria-busy", "true");
  try {
    const [stats, suspicious] = await Promise.all([call(`/v1/stats?${query}`), call(`/v1/stats/suspicious?${query}&limit=20`)]);
    shown = { stats, suspicious, query };
    failed = null;
    showDays({ from: stats.first_day, to: stats.last_day });
  } catch (error) {
    failed = error.code ?? "unknown";
  }
  byId("figures").setAttribute("aria-busy", "false");
  draw();
}

function draw() {
  byId("problem").hidden = failed === null;
  byId("problem").textContent = failed === null ? "" : `${t(`error.${failed}.what`)} ${t(`error.${failed}.do`)}`;
  if (shown === null) return;
  byId("made").textContent = t("stats.made", { time: clock(Date.parse(shown.stats.made_at)) });
  drawFigures(byId("figures"), shown);
}

onLanguage(draw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
listenForDays(load);
await startPage();
await showAccount();
if (await requireSession()) await load(daysFromAddress());
