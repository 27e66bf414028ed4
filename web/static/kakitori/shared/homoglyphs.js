/**
 * Homoglyphs: characters of one shape, such as つ and っ, ordered by the ink's size and place on the pad.
 * Mirrors kakitori/homoglyphs.py; equality is tested. Uses neither the document nor the inference engine.
 */

/**
 * @import { Strokes } from "./strokes.js"
 *
 * @typedef {{width: number, height: number}} Pad the sides of the pad, in the unit of the strokes; [0, 0] is its upper
 *   left corner
 * @typedef {{size: number, middle: number}} InkPlace the longer side of the ink's bounding box and the height of its
 *   centre (0 is the top), as shares of the pad's sides
 * @typedef {{size: [number, number], middle: [number, number]}} Place ranges of both, ends included
 *
 * @typedef {Object} Homoglyphs
 * @property {Map<number, string[]>} characters of the classes that have several, by class index
 * @property {Map<string, string | null>} jis JIS X 0208 codes by character
 * @property {Map<string, Place>} places where on the pad a character is written
 */

/**
 * Return the size and place of ink on its pad.
 *
 * @param {Strokes} strokes at least one point
 * @param {Pad} pad
 * @returns {InkPlace}
 */
export function inkPlace(strokes, { width, height }) {
  const [left, top, right, bottom] = strokes.flat().reduce(
    ([x0, y0, x1, y1], [x, y]) => [Math.min(x0, x), Math.min(y0, y), Math.max(x1, x), Math.max(y1, y)],
    [Infinity, Infinity, -Infinity, -Infinity],
  );
  return { size: Math.max((right - left) / width, (bottom - top) / height), middle: (top + bottom) / 2 / height };
}

/**
 * Return the characters of one shape: first those whose place holds the ink, then the others, each in the order given.
 *
 * @param {string[]} homoglyphs
 * @param {Map<string, Place>} places
 * @param {InkPlace | null} ink null where the pad's size is not known: the order stays
 * @returns {string[]}
 */
export function orderHomoglyphs(homoglyphs, places, ink) {
  if (ink === null) return homoglyphs;
  const fits = homoglyphs.filter((char) => holds(places.get(char), ink));
  return [...fits, ...homoglyphs.filter((char) => !fits.includes(char))];
}

/** @param {Place | undefined} place @param {InkPlace} ink @returns {boolean} */
function holds(place, ink) {
  return place !== undefined && isWithin(ink.size, place.size) && isWithin(ink.middle, place.middle);
}

/** @param {number} value @param {[number, number]} range @returns {boolean} */
function isWithin(value, [least, most]) {
  return least <= value && value <= most;
}
