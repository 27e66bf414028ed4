/**
 * What callers may hand in, checked. Touches neither the document nor the runtime.
 *
 * @typedef {[number, number]} Point  x then y, y down, in any unit
 * @typedef {Point[]} Stroke
 * @typedef {Stroke[]} Strokes
 */

/** Beyond this a difference of coordinates loses all meaning in float64. */
const MAX_COORDINATE = 1e15;

/**
 * Return a plain copy of strokes, without those that have no points.
 *
 * @param {unknown} strokes
 * @returns {Strokes}
 * @throws {TypeError} if it is not a list of lists of [x, y] pairs of numbers.
 * @throws {RangeError} if a number is not finite or is beyond ±1e15.
 */
export function checkStrokes(strokes) {
  if (!Array.isArray(strokes)) {
    throw new TypeError(`Strokes are ${describe(strokes)}: expected a list of strokes, [[[x, y], …], …].`);
  }
  return strokes.map(checkStroke).filter((stroke) => stroke.length > 0);
}

/** @param {unknown} stroke @param {number} index @returns {Stroke} */
function checkStroke(stroke, index) {
  if (!Array.isArray(stroke)) {
    throw new TypeError(`Stroke ${index} is ${describe(stroke)}: expected a list of points, [[x, y], …].`);
  }
  return stroke.map((point, position) => checkPoint(point, `Point ${position} of stroke ${index}`));
}

/** @param {unknown} point @param {string} where @returns {Point} */
function checkPoint(point, where) {
  if (point === null || typeof point !== "object" || point.length !== 2) {
    throw new TypeError(`${where} is ${describe(point)}: expected a pair [x, y].`);
  }
  const [x, y] = [point[0], point[1]];
  for (const value of [x, y]) {
    if (typeof value !== "number") throw new TypeError(`${where} holds ${describe(value)}: expected two numbers.`);
    if (!(Math.abs(value) <= MAX_COORDINATE)) {
      throw new RangeError(`${where} holds ${value}: expected finite numbers within ±${MAX_COORDINATE}.`);
    }
  }
  return [x, y];
}

/**
 * Return the image's own fields, checked.
 *
 * @param {unknown} image an ImageData, or anything with its fields
 * @returns {{data: Uint8ClampedArray, width: number, height: number}}
 * @throws {TypeError} if it is not RGBA pixels.
 * @throws {RangeError} if it is smaller than 2 x 2 pixels.
 */
export function checkImage(image) {
  const { data, width, height } = /** @type {any} */ (image ?? {});
  const isBytes = data instanceof Uint8ClampedArray || data instanceof Uint8Array;
  if (!isBytes || data.length !== width * height * 4) {
    throw new TypeError(`The picture is ${describe(image)}: expected an ImageData, width × height × 4 bytes.`);
  }
  if (Math.min(width, height) < 2) {
    throw new RangeError(`The picture is ${width} x ${height} pixels: expected at least 2 x 2.`);
  }
  return { data, width, height };
}

/**
 * @param {unknown} topK
 * @param {number} numClasses
 * @returns {number}
 * @throws {RangeError} if it is not a whole number from 1 to the number of classes.
 */
export function checkTopK(topK, numClasses) {
  if (!Number.isInteger(topK) || topK < 1 || topK > numClasses) {
    throw new RangeError(`topK is ${describe(topK)}: expected a whole number from 1 to ${numClasses}.`);
  }
  return /** @type {number} */ (topK);
}

/**
 * @param {unknown} pad
 * @returns {import("./homoglyphs.js").Pad | null} null where there is none
 * @throws {TypeError | RangeError} if it has no width and height above 0.
 */
export function checkPad(pad) {
  if (pad === undefined || pad === null) return null;
  const { width, height } = /** @type {any} */ (pad);
  for (const side of [width, height]) {
    if (typeof side !== "number") throw new TypeError(`The pad is ${describe(pad)}: expected {width, height}, two numbers.`);
    if (!(side > 0 && side <= MAX_COORDINATE)) {
      throw new RangeError(`The pad is ${width} x ${height}: expected a width and a height above 0.`);
    }
  }
  return { width, height };
}

/** @param {unknown} value */
function describe(value) {
  if (value === null || typeof value !== "object") return typeof value === "string" ? `"${value}"` : String(value);
  const length = /** @type {any} */ (value).length;
  return `${value.constructor?.name ?? "object"}${length === undefined ? "" : ` of length ${length}`}`;
}
