/** Checks of what callers pass in. Mirrors kakitori/strokes.py. Uses neither the document nor the inference engine. */

/**
 * @import { Pad } from "./homoglyphs.js"
 *
 * @typedef {[number, number]} Point  x then y, y down, in any unit
 * @typedef {Point[]} Stroke
 * @typedef {Stroke[]} Strokes
 * @typedef {ArrayLike<number> | {readonly x: number, readonly y: number}} AnyPoint  [x, y], [x, y, t] or {x, y}; the
 *   time t and other keys are not used
 * @typedef {readonly (readonly AnyPoint[])[]} AnyStrokes
 */

/** Beyond it, float64 resolves differences of coordinates no finer than 1/8. */
const MAX_COORDINATE = 1e15;

/**
 * Return strokes as lists of [x, y], without empty ones: a copy.
 *
 * @param {unknown} strokes
 * @returns {Strokes}
 * @throws {TypeError} if `strokes` is not a list of lists of points (`AnyPoint`).
 * @throws {RangeError} if a number is not finite or is beyond ±1e15.
 */
export function checkStrokes(strokes) {
  if (!Array.isArray(strokes)) {
    throw new TypeError(`Strokes are ${describe(strokes)}: expected a list of strokes, [[[x, y], …], …].`);
  }
  return Array.from(strokes, checkStroke).filter((stroke) => stroke.length > 0);
}

/** @param {unknown} stroke @param {number} index @returns {Stroke} */
function checkStroke(stroke, index) {
  if (!Array.isArray(stroke)) {
    throw new TypeError(`Stroke ${index} is ${describe(stroke)}: expected a list of points, [[x, y], …].`);
  }
  return Array.from(stroke, (point, position) => checkPoint(point, `Point ${position} of stroke ${index}`));
}

/** @param {unknown} point @param {string} where @returns {Point} */
function checkPoint(point, where) {
  if (point !== null && typeof point === "object") {
    const list = /** @type {ArrayLike<unknown>} */ (point); // typed arrays are accepted too
    if (list.length === 2 || list.length === 3) return [checkCoordinate(list[0], where), checkCoordinate(list[1], where)];
    if ("x" in point && "y" in point) return [checkCoordinate(point.x, where), checkCoordinate(point.y, where)];
  }
  throw new TypeError(`${where} is ${describe(point)}: expected [x, y], [x, y, t] or {x, y}.`);
}

/** @param {unknown} value @param {string} where @returns {number} */
function checkCoordinate(value, where) {
  if (typeof value !== "number") throw new TypeError(`${where} holds ${describe(value)}: expected numbers.`);
  if (!(Math.abs(value) <= MAX_COORDINATE)) {
    throw new RangeError(`${where} holds ${value}: expected finite numbers within ±${MAX_COORDINATE}.`);
  }
  return value;
}

/**
 * Return the sides of a pad, checked.
 *
 * @param {unknown} pad
 * @returns {Pad | null} null for undefined and null
 * @throws {TypeError | RangeError} if its width or height is not a number above 0.
 */
export function checkPad(pad) {
  if (pad === undefined || pad === null) return null;
  const { width, height } = /** @type {{width?: unknown, height?: unknown}} */ (pad);
  if (typeof width !== "number" || typeof height !== "number") {
    throw new TypeError(`The pad is ${describe(pad)}: expected {width, height}, two numbers.`);
  }
  if (![width, height].every((side) => side > 0 && side <= MAX_COORDINATE)) {
    throw new RangeError(`The pad is ${width} x ${height}: expected a width and a height above 0.`);
  }
  return { width, height };
}

/** Return a value, or its kind and length, for an error message. @param {unknown} value @returns {string} */
export function describe(value) {
  if (value === null || typeof value !== "object") return typeof value === "string" ? `"${value}"` : String(value);
  const length = /** @type {{length?: unknown}} */ (value).length;
  return `${value.constructor?.name ?? "object"}${typeof length === "number" ? ` of length ${length}` : ""}`;
}
