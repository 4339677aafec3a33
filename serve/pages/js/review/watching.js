// Reports whose clip is being looked at, asked for again until it is done.

import { isPending } from "./media.js";
import { fetchReport } from "./service.js";

const EVERY_MS = 2_500;
const AT_ONCE = 4;

/** Keep the reports of a desk up to date as long as the page is looked at. */
export function watchClips(desk) {
  const look = async () => {
    const open = desk.open ? [desk.open.report] : [];
    const wanted = new Map([...open, ...desk.reports].filter(isPending).map((report) => [report.id, report]));
    for (const id of document.hidden ? [] : [...wanted.keys()].slice(0, AT_ONCE)) {
      const fresh = await fetchReport(id).catch(() => null);
      if (fresh !== null) desk.renew(fresh);
    }
    setTimeout(look, EVERY_MS);
  };
  setTimeout(look, EVERY_MS);
}
