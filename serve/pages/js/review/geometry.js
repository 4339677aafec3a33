// Boxes in pixels of the upright original, and the same in pixels of the picture that is shown. Pure arithmetic.

/**
 * @typedef {{ x_min: number, y_min: number, x_max: number, y_max: number }} Box whole pixels of the original
 * @typedef {{ x: number, y: number, w: number, h: number }} Geometry pixels of the picture
 * @typedef {{ x: number, y: number }} Scale pixels of the original to one of the picture
 * @typedef {{ width: number, height: number }} Size of the original
 */

/** @returns {Geometry} with what Annotorious wants beside it */
export function geometryOf(box, { x: sx, y: sy }) {
  const bounds = { minX: box.x_min / sx, minY: box.y_min / sy, maxX: box.x_max / sx, maxY: box.y_max / sy };
  return { x: bounds.minX, y: bounds.minY, w: bounds.maxX - bounds.minX, h: bounds.maxY - bounds.minY, rot: 0, bounds };
}

/** @returns {Box} inside the photo, and at least a pixel wide and high */
export function boxOf({ x, y, w, h }, scale, size) {
  const [x_min, x_max] = side(x * scale.x, (x + w) * scale.x, size.width);
  const [y_min, y_max] = side(y * scale.y, (y + h) * scale.y, size.height);
  return { x_min, y_min, x_max, y_max };
}

function side(low, high, most) {
  const start = Math.min(most - 1, Math.max(0, Math.round(low)));
  return [start, Math.max(start + 1, Math.min(most, Math.round(high)))];
}

/** Whether nobody has touched a geometry. */
export const isSame = (one, other) => ["x", "y", "w", "h"].every((name) => Math.abs(one[name] - other[name]) < 1e-6);

/** @returns {Box} moved, or with its lower right corner moved, by at least a pixel and never out of the photo */
export function shifted(box, dx, dy, resize, { width, height }) {
  const whole = (by) => Math.sign(by) * Math.max(Math.abs(Math.round(by)), by === 0 ? 0 : 1);
  const shift = (low, high, by, most) => {
    const bound = Math.max(-low, Math.min(by, most - high));
    return resize ? [low, Math.max(low + 1, Math.min(most, high + by))] : [low + bound, high + bound];
  };
  const [x_min, x_max] = shift(box.x_min, box.x_max, whole(dx), width);
  const [y_min, y_max] = shift(box.y_min, box.y_max, whole(dy), height);
  return { x_min, y_min, x_max, y_max };
}

/** @returns {Box} the middle third of what a window shows of the stage; both as rectangles of the screen */
export function middleOf(frame, stage, { width, height }) {
  const third = (from, to, start, length, most) => {
    const low = (Math.max(from, start) - start) / length;
    const high = (Math.min(to, start + length) - start) / length;
    return [low + (high - low) / 3, high - (high - low) / 3].map((share) => Math.round(share * most));
  };
  const [x_min, x_max] = third(frame.left, frame.right, stage.left, stage.width, width);
  const [y_min, y_max] = third(frame.top, frame.bottom, stage.top, stage.height, height);
  return { x_min, y_min, x_max, y_max };
}
