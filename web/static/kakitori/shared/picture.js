/**
 * Pictures of one character to pixels. Mirrors kakitori/picture.py, which explains the method; equality is tested.
 * Integer arithmetic up to the contrast, so that threshold and bounding box are equal in every browser.
 * Uses neither the document nor the inference engine.
 */

/** @import { Box } from "./speckle.js" */

import { correctIllumination } from "./illumination.js";
import { findBox } from "./speckle.js";
import { describe } from "./strokes.js";

const LUMINANCE = [299, 587, 114];
const WHITE = 255 * 1000 * 255;
const MIN_CONTRAST = Math.floor(WHITE / 20);
const BINS = 256;
const BIN = Math.floor(WHITE / BINS) + 1;
const GRAIN = [3, 10];

/**
 * @typedef {Object} Picture an ImageData, or an object with its fields
 * @property {Uint8ClampedArray | Uint8Array} data RGBA, 4 bytes a pixel, row by row
 * @property {number} width at least 2
 * @property {number} height at least 2
 *
 * @typedef {{first: number, weights: number[]}} Filter the first source pixel of a target pixel, and the weights from it on
 */

/**
 * Return a picture's fields, checked.
 *
 * @param {unknown} image
 * @returns {Picture}
 * @throws {TypeError} if it is not RGBA pixels.
 * @throws {RangeError} if it is smaller than 2 x 2 pixels.
 */
export function checkImage(image) {
  const { data, width, height } = /** @type {Partial<Record<keyof Picture, unknown>>} */ (image ?? {});
  const isBytes = data instanceof Uint8ClampedArray || data instanceof Uint8Array;
  const [columns, rows] = [width, height].map((side) => (Number.isInteger(side) ? Number(side) : NaN));
  if (!isBytes || data.length !== columns * rows * 4) {
    throw new TypeError(`The picture is ${describe(image)}: expected an ImageData, width × height × 4 bytes.`);
  }
  if (Math.min(columns, rows) < 2) {
    throw new RangeError(`The picture is ${columns} x ${rows} pixels: expected at least 2 x 2.`);
  }
  return { data, width: columns, height: rows };
}

/**
 * Return luminance in [0, WHITE] of RGBA bytes, over white.
 *
 * @param {Uint8ClampedArray | Uint8Array} data
 * @returns {Int32Array}
 */
function toGrey(data) {
  const grey = new Int32Array(data.length / 4);
  for (let i = 0, at = 0; i < grey.length; i += 1, at += 4) {
    const light = LUMINANCE[0] * data[at] + LUMINANCE[1] * data[at + 1] + LUMINANCE[2] * data[at + 2];
    grey[i] = light * data[at + 3] + 255000 * (255 - data[at + 3]);
  }
  return grey;
}

/** Return the median of all pixels, the lower of the two middle ones. @param {Int32Array} grey @returns {number} */
function paperLevel(grey) {
  return grey.slice().sort()[Math.floor((grey.length - 1) / 2)];
}

/**
 * Return the first bin of ink: the split that maximises the variance between the two sides.
 *
 * @param {Int32Array} difference
 * @returns {number}
 */
function otsuBin(difference) {
  const counts = new Float64Array(BINS);
  for (const value of difference) counts[Math.floor(value / BIN)] += 1;
  const total = counts.reduce((sum, count, bin) => sum + count * bin, 0);
  let [below, moment, best, bestBin] = [0, 0, -1, 0];
  for (let bin = 0; bin < BINS; bin += 1) {
    below += counts[bin];
    moment += counts[bin] * bin;
    const above = difference.length - below;
    const apart = moment / below - (total - moment) / above;
    const between = below * above * (apart * apart);
    if (between > best) [best, bestBin] = [between, bin]; // NaN, where one side is empty, is never greater
  }
  return bestBin + 1;
}

/**
 * Return the mean difference of the ink pixels from the paper.
 *
 * @param {Int32Array} difference
 * @param {Uint8Array} ink
 * @returns {number}
 */
function inkLevel(difference, ink) {
  let [sum, count] = [0, 0];
  for (let i = 0; i < ink.length; i += 1) {
    sum += ink[i] * difference[i];
    count += ink[i];
  }
  return sum / count;
}

/**
 * Return the filter of each target pixel.
 *
 * @param {number} source pixels of the box's side
 * @param {number} start where the box begins, in target pixels
 * @param {number} scale target pixels for each source pixel
 * @param {number} target pixels of the result's side
 * @returns {Filter[]}
 */
function triangleFilter(source, start, scale, target) {
  const support = Math.max(1, 1 / scale);
  const reach = Math.floor(support) + 2;
  return Array.from({ length: target }, (_, t) => {
    const centre = (t + 0.5 - start) / scale;
    const middle = Math.floor(centre);
    /** @param {number} at */
    const weigh = (at) => Math.max(0, 1 - Math.abs(at + 0.5 - centre) / support);
    let full = 0; // beyond the picture is paper, so the weights outside of it count too
    for (let at = middle - reach; at <= middle + reach; at += 1) full += weigh(at);
    const first = Math.max(0, middle - reach);
    const last = Math.min(source - 1, middle + reach);
    /** @type {number[]} */
    const weights = [];
    for (let at = first; at <= last; at += 1) weights.push(weigh(at) / full);
    return { first, weights };
  });
}

/**
 * Return the box of the contrast from `grain` (0) to `level` (1), resampled: rows, then columns.
 *
 * @param {Int32Array} difference
 * @param {number} width of the picture
 * @param {Box} box
 * @param {number} grain
 * @param {number} level
 * @param {number} size
 * @param {number} margin
 * @returns {Float32Array} size × size
 */
function resample(difference, width, box, grain, level, size, margin) {
  const [boxHeight, boxWidth] = [box.bottom - box.top, box.right - box.left];
  const scale = ((1 - 2 * margin) * size) / Math.max(boxHeight, boxWidth);
  const down = triangleFilter(boxHeight, (size - boxHeight * scale) / 2, scale, size);
  const across = triangleFilter(boxWidth, (size - boxWidth * scale) / 2, scale, size);
  const coverage = new Float32Array(size * size);
  down.forEach(({ first, weights }, row) => {
    const line = new Float64Array(boxWidth);
    weights.forEach((weight, i) => {
      const at = (box.top + first + i) * width + box.left;
      for (let x = 0; x < boxWidth; x += 1) {
        line[x] += weight * Math.min(1, Math.max(0, difference[at + x] - grain) / (level - grain));
      }
    });
    across.forEach((columnRow, column) => {
      const sum = columnRow.weights.reduce((total, weight, i) => total + weight * line[columnRow.first + i], 0);
      coverage[row * size + column] = Math.min(1, Math.max(0, sum));
    });
  });
  return coverage;
}

/**
 * Return the coverage of every pixel in [0, 1], row by row, 0 is paper; null where the picture shows no ink.
 *
 * @param {Picture} image dark on light or light on dark
 * @param {number} size pixels
 * @param {number} margin share of the side left free on each side of the ink's longer extent
 * @returns {Float32Array | null} size × size
 */
export function rasteriseImage({ data, width, height }, size, margin) {
  const grey = correctIllumination(toGrey(data), width, height, WHITE, MIN_CONTRAST);
  const paper = paperLevel(grey);
  const difference = grey.map((value) => Math.abs(value - paper));
  if (difference.reduce((most, value) => Math.max(most, value), 0) < MIN_CONTRAST) return null;
  const threshold = otsuBin(difference) * BIN;
  const ink = Uint8Array.from(difference, (value) => Number(value >= threshold));
  const grain = Math.floor((threshold * GRAIN[0]) / GRAIN[1]);
  return resample(difference, width, findBox(ink, width, height), grain, inkLevel(difference, ink), size, margin);
}
