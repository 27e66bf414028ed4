/**
 * Strokes to pixels. Mirrors kakitori/ink.py; equality is tested. Float64 throughout, without a canvas, so that every
 * browser gives the same pixels. Uses neither the document nor the inference engine.
 *
 *   fit       centre the bounding box of all points, scale its longer side to (1 - 2·margin)·size
 *   coverage  of a pixel: clamp(radius + 0.5 - d, 0, 1), d the distance in pixels from its centre
 *             (column + 0.5, row + 0.5) to the nearest stroke segment; a one-point stroke is a dot
 *   tensor    2·coverage - 1: paper -1, ink +1
 */

/** @import { Point, Strokes } from "./strokes.js" */

/** Of ink, in its own unit: less is a single spot, whose scale would overflow. */
const SMALLEST_SIDE = 1e-300;

/**
 * Return strokes moved and scaled into a size × size square; a single spot goes to its centre.
 *
 * @param {Strokes} strokes at least one point
 * @param {number} size pixels
 * @param {number} margin share of the side left free on each side of the ink's longer extent
 * @returns {Strokes} pixels
 */
export function fit(strokes, size, margin) {
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const stroke of strokes) {
    for (const [x, y] of stroke) {
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      if (y > bottom) bottom = y;
    }
  }
  const side = Math.max(right - left, bottom - top);
  const scale = side > SMALLEST_SIDE ? ((1 - 2 * margin) * size) / side : 1;
  const [middleX, middleY] = [(left + right) / 2, (top + bottom) / 2];
  return strokes.map((stroke) =>
    stroke.map(([x, y]) => [(x - middleX) * scale + size / 2, (y - middleY) * scale + size / 2]));
}

/**
 * Raise `coverage` in place where the segment from a to b, with a pen of `radius` pixels, covers more.
 *
 * @param {Float64Array} coverage size × size
 * @param {number} size
 * @param {Point} a
 * @param {Point} b
 * @param {number} radius
 */
function coverSegment(coverage, size, [ax, ay], [bx, by], radius) {
  const reach = radius + 0.5;
  const [dx, dy] = [bx - ax, by - ay];
  const length2 = dx * dx + dy * dy;
  const firstRow = Math.max(0, Math.floor(Math.min(ay, by) - reach - 0.5));
  const lastRow = Math.min(size - 1, Math.ceil(Math.max(ay, by) + reach - 0.5));
  const firstColumn = Math.max(0, Math.floor(Math.min(ax, bx) - reach - 0.5));
  const lastColumn = Math.min(size - 1, Math.ceil(Math.max(ax, bx) + reach - 0.5));
  for (let row = firstRow; row <= lastRow; row += 1) {
    for (let column = firstColumn; column <= lastColumn; column += 1) {
      const [px, py] = [column + 0.5 - ax, row + 0.5 - ay];
      const along = length2 > 0 ? Math.min(1, Math.max(0, (px * dx + py * dy) / length2)) : 0;
      const [ex, ey] = [px - along * dx, py - along * dy];
      const distance2 = ex * ex + ey * ey;
      if (distance2 < reach * reach) {
        const covered = Math.min(1, reach - Math.sqrt(distance2));
        if (covered > coverage[row * size + column]) coverage[row * size + column] = covered;
      }
    }
  }
}

/**
 * Return the coverage of every pixel in [0, 1], row by row, 0 is paper.
 *
 * @param {Strokes} strokes at least one, none empty
 * @param {number} size pixels
 * @param {number} margin share of the side left free on each side of the ink's longer extent
 * @param {number} radius half the width of the pen in pixels
 * @returns {Float32Array} size × size
 */
export function rasterise(strokes, size, margin, radius) {
  const coverage = new Float64Array(size * size);
  for (const stroke of fit(strokes, size, margin)) {
    if (stroke.length === 1) coverSegment(coverage, size, stroke[0], stroke[0], radius);
    for (let i = 0; i + 1 < stroke.length; i += 1) coverSegment(coverage, size, stroke[i], stroke[i + 1], radius);
  }
  return Float32Array.from(coverage);
}

/**
 * Return coverage in [0, 1] as network input in [-1, 1].
 *
 * @param {Float32Array} coverage
 * @returns {Float32Array}
 */
export function toTensor(coverage) {
  return coverage.map((value) => 2 * value - 1);
}
