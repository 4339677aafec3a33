// Where labels go on a photo: pure geometry, in pixels of the shown picture.

/**
 * @typedef {{ x: number, y: number, width: number, height: number }} Rect
 * @typedef {{ width: number, height: number }} Size
 */

const GAP = 1;
const STEP = 4;

/**
 * Place one label a box, best box first, so that no label covers another as long as there is room. A label for which
 * there is none shrinks to its number, which the list below the photo explains.
 *
 * @param {Rect[]} boxes
 * @param {{ full: Size, compact: Size }[]} labels
 * @param {Size} stage
 * @returns {{ x: number, y: number, compact: boolean }[]}
 */
export function placeLabels(boxes, labels, stage) {
  const taken = [];
  return boxes.map((box, index) => {
    const { full, compact } = labels[index];
    const place =
      findRoom(box, full, stage, taken, false) ??
      findRoom(box, compact, stage, taken, true) ?? { ...spots(box, compact, stage)[0], compact: true };
    const size = place.compact ? compact : full;
    taken.push({ x: place.x, y: place.y, width: size.width, height: size.height });
    return place;
  });
}

function findRoom(box, size, stage, taken, compact) {
  if (size.width > stage.width || size.height > stage.height) return null;
  const places = compact ? [...spots(box, size, stage), ...cells(box, size, stage)] : spots(box, size, stage);
  for (const spot of places) {
    const rect = { ...spot, width: size.width, height: size.height };
    if (!taken.some((other) => overlap(rect, other))) return { ...spot, compact };
  }
  return null;
}

/** Where a label may sit, best first: on the box, in its upper corners, under it, in its lower corners. */
function spots(box, size, stage) {
  const right = box.x + box.width - size.width;
  const bottom = box.y + box.height;
  const all = [
    { x: box.x, y: box.y - size.height, outside: true },
    { x: right, y: box.y - size.height, outside: true },
    { x: box.x, y: box.y },
    { x: right, y: box.y },
    { x: box.x, y: bottom, outside: true },
    { x: box.x, y: bottom - size.height },
    { x: right, y: bottom - size.height },
  ];
  const fits = ({ y, outside }) => !outside || (y >= 0 && y + size.height <= stage.height);
  return all.filter(fits).map(({ x, y }) => ({
    x: clamp(x, 0, stage.width - size.width),
    y: clamp(y, 0, stage.height - size.height),
  }));
}

/** All over the box, row by row: for the number of a box whose edges are taken. */
function cells(box, size, stage) {
  const found = [];
  for (let y = box.y; y + size.height <= box.y + box.height; y += STEP) {
    for (let x = box.x; x + size.width <= box.x + box.width; x += STEP) found.push({ x, y });
  }
  return found.filter(({ x, y }) => x >= 0 && y >= 0 && x + size.width <= stage.width && y + size.height <= stage.height);
}

const clamp = (value, low, high) => Math.max(low, Math.min(value, high));

const overlap = (a, b) =>
  a.x < b.x + b.width + GAP && b.x < a.x + a.width + GAP && a.y < b.y + b.height + GAP && b.y < a.y + a.height + GAP;
