/**
 * From logits to ranked candidates. Mirrors kakitori/candidates.py; equality is tested.
 * Uses neither the document nor the inference engine.
 */

/**
 * @import { Confidence } from "./confidence.js"
 * @import { Homoglyphs, InkPlace } from "./homoglyphs.js"
 *
 * @typedef {Object} Candidate
 * @property {string} char the character, or the name of a class that is no single character
 * @property {string | null} jis JIS X 0208 code, four hex digits; null for what JIS X 0208 does not have
 * @property {number | null} codePoint Unicode; null for a class that is no single character
 * @property {number} index class index; homoglyphs share one
 * @property {number} probability of the class, in [0, 1], over all classes
 *
 * @typedef {Object} Result
 * @property {Candidate[]} candidates the most probable first; none where there is no ink
 * @property {boolean} unsure whether the ink is probably none of the model's classes; true where there is no ink
 *
 * @typedef {Object} Classes
 * @property {string[]} characters by class index
 * @property {(string | null)[]} jis JIS X 0208 codes by class index
 * @property {Homoglyphs} homoglyphs
 */

import { isUnsure, softmax } from "./confidence.js";
import { orderHomoglyphs } from "./homoglyphs.js";
import { describe } from "./strokes.js";

/**
 * Return the most probable characters, the most probable first, the lower class index first among equals. Homoglyphs
 * follow each other, ordered by the ink's size and place on the pad.
 *
 * @param {ArrayLike<number>} logits one per class
 * @param {{classes: Classes, confidence: Confidence}} model
 * @param {number} topK how many; all where there are fewer
 * @param {InkPlace | null} [place] null where the pad's size is not known
 * @returns {Result}
 * @throws {Error} if a logit is NaN or infinite.
 */
export function rank(logits, { classes, confidence }, topK, place = null) {
  const probabilities = softmax(logits, confidence.temperature);
  const order = Array.from(probabilities.keys()).sort((a, b) => logits[b] - logits[a] || a - b).slice(0, topK);
  const candidates = order.flatMap((index) => charactersOf(classes, index, place).map(([char, jis]) => (
    { char, jis, codePoint: codePoint(char), index, probability: probabilities[index] })));
  return { candidates: candidates.slice(0, topK), unsure: isUnsure(logits, confidence) };
}

/** Return the result of a drawing or picture without ink. @returns {Result} */
export function noCandidates() {
  return { candidates: [], unsure: true };
}

/**
 * Return `topK`, checked.
 *
 * @param {unknown} topK
 * @returns {number}
 * @throws {RangeError} if it is not a whole number of at least 1.
 */
export function checkTopK(topK) {
  if (!Number.isInteger(topK) || /** @type {number} */ (topK) < 1) {
    throw new RangeError(`topK is ${describe(topK)}: expected a whole number of at least 1.`);
  }
  return /** @type {number} */ (topK);
}

/** Return the number of code points of a text: 𠮷 is one. @param {string} text @returns {number} */
export function countCodePoints(text) {
  return [...text].length;
}

/** Return a character's code point, or null for a name of several. @param {string} char @returns {number | null} */
function codePoint(char) {
  return countCodePoints(char) === 1 ? /** @type {number} */ (char.codePointAt(0)) : null;
}

/**
 * Return the characters of a class with their JIS codes.
 *
 * @param {Classes} classes
 * @param {number} index
 * @param {InkPlace | null} place
 * @returns {[string, string | null][]}
 */
function charactersOf({ characters, jis, homoglyphs }, index, place) {
  const group = homoglyphs.characters.get(index);
  if (group === undefined) return [[characters[index], jis[index]]];
  return orderHomoglyphs(group, homoglyphs.places, place).map((char) => [char, homoglyphs.jis.get(char) ?? null]);
}
