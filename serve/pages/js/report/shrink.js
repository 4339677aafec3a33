// Photos that are larger than the server takes: made just small enough, with as much quality as there is room for.
// Clips go as they are.

import { isClip } from "../files.js";

const QUALITY = 0.92;
const LONG_SIDES_PX = [6000, 4096, 3072, 2304, 1728, 1296];
const OVERHEAD_BYTES = 32_768; // part headers, words and place

/**
 * Files as they are where they fit, smaller ones where they do not.
 * @param {File[]} files
 * @param {{ maxFileBytes: number, maxBodyBytes: number, usedBytes: number, room: number }} limits `room`: photos that may
 *        still be added
 * @returns {Promise<File[]>}
 */
export async function makeFit(files, { maxFileBytes, maxBodyBytes, usedBytes, room }) {
  const photos = files.filter((file) => !isClip(file));
  const clips = files.filter(isClip).reduce((sum, file) => sum + file.size, 0);
  const left = maxBodyBytes - OVERHEAD_BYTES - usedBytes - clips;
  const wanted = photos.slice(0, room).reduce((sum, file) => sum + Math.min(file.size, maxFileBytes), 0);
  const share = wanted <= left ? maxFileBytes : Math.min(maxFileBytes, Math.floor(left / Math.max(1, Math.min(photos.length, room))));
  const fitting = [];
  for (const file of files) fitting.push(isClip(file) || file.size <= share ? file : await shrink(file, { maxBytes: share }));
  return fitting;
}

/** A smaller JPEG of a photo; the file itself where this browser cannot read it. */
export async function shrink(file, { maxBytes = Infinity, maxSide = Infinity }) {
  let picture = null;
  try {
    picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    return file; // the server may know the format, and says so if it is too large
  }
  const long = Math.max(picture.width, picture.height);
  let best = file;
  for (const side of [Math.min(long, maxSide), ...LONG_SIDES_PX].filter((px) => px <= Math.min(long, maxSide))) {
    const blob = await draw(picture, side / long);
    if (blob === null) break;
    best = new File([blob], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg", lastModified: file.lastModified });
    if (best.size <= maxBytes) break;
  }
  picture.close();
  return best;
}

function draw(picture, scale) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
}
