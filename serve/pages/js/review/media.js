// What a report consists of: photos, and perhaps a clip with frames that were taken from it.

import { moment, t } from "../i18n.js";

const AHEAD = 2;

/** The clip itself, on which nothing is drawn; null where there is none. */
export const clipOf = ({ media }) => media.find(({ kind }) => kind === "video") ?? null;

/** Whether a clip is waiting for the machine, or is being looked at. */
export const isPending = ({ work }) => work?.state === "waiting" || work?.state === "running";

const isFrame = ({ kind }) => kind === "frame";

/** Photos and frames, on which boxes are drawn: the photos as they were sent, then the frames by their time. */
export const picturesOf = ({ media }) =>
  media
    .filter(({ kind }) => kind !== "video")
    .sort((one, other) => Number(isFrame(one)) - Number(isFrame(other)) || (isFrame(one) ? one.time_s - other.time_s : one.n - other.n));

/** Of those, the ones from the clip. */
export const framesOf = (report) => picturesOf(report).filter(isFrame);

/** A picture in words. */
export const altOf = (media) => (isFrame(media) ? t("review.frame_alt", { time: moment(media.time_s) }) : t("review.photo_alt", { n: media.n + 1 }));

/** How far the machine is with a clip, in words. */
export const workWords = ({ state, progress }) => (state === "running" ? t("review.work_running", { percent: Math.round(progress * 100) }) : t("review.work_waiting"));

/** Fetch the pictures of reports that come next before they are wanted. */
export function lookAhead(reports, at) {
  for (const report of reports.slice(at + 1, at + 1 + AHEAD)) {
    for (const { urls } of picturesOf(report)) new Image().src = urls.preview;
  }
}
