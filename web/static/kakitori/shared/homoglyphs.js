/**
 * Characters of one shape, such as つ and っ: which of them the ink's size and place on its pad speak for.
 * Mirrors kakitori/homoglyphs.py; a test compares them. Touches neither the document nor the runtime.
 *
 * @typedef {{width: number, height: number}} Pad the sides of the pad, in the unit of the strokes; its corner is [0, 0]
 * @typedef {{size: number, middle: number}} InkPlace the longer side of the ink's box and the height of its centre, as
 *   shares of the pad's sides
 * @typedef {{size: [number, number], middle: [number, number]}} Place ranges, both ends included
 *
 * @typedef {Object} Homoglyphs
 * @property {Record<string, string[]>} characters by class index, of classes that have several
 * @property {Record<string, string | null>} jis by character
 * @property {Record<string, Place>} places by character
 */

/**
 * Return where ink lies on its pad.
 *
 * @param {import("./strokes.js").Strokes} strokes at least one point
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
 * Return the characters of one shape, those first whose place the ink lies in; otherwise in their order.
 *
 * @param {string[]} homoglyphs
 * @param {Record<string, Place>} places
 * @param {InkPlace | null} ink
 * @returns {string[]}
 */
export function orderHomoglyphs(homoglyphs, places, ink) {
  if (ink === null) return homoglyphs;
  const fits = homoglyphs.filter((char) => char in places && holds(places[char], ink));
  return [...fits, ...homoglyphs.filter((char) => !fits.includes(char))];
}

/** @param {Place} place @param {InkPlace} ink */
function holds({ size, middle }, ink) {
  return isWithin(ink.size, size) && isWithin(ink.middle, middle);
}

/** @param {number} value @param {[number, number]} range */
function isWithin(value, [least, most]) {
  return least <= value && value <= most;
}
