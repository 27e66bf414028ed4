import { orderHomoglyphs } from "./homoglyphs.js";

/**
 * From logits to candidates, and from the model's JSON files to the facts needed for it.
 * Touches neither the document nor the runtime.
 *
 * @typedef {Object} Candidate
 * @property {string} char the character
 * @property {string | null} jis JIS X 0208 code, four hex digits; null beyond JIS X 0208
 * @property {number | null} codePoint Unicode; null for a class that is no single character
 * @property {number} index class index; characters of one shape share it
 * @property {number} probability of the class, in [0, 1], over all classes
 *
 * @typedef {Candidate[] & {unsure: boolean}} Candidates the most probable first; `unsure` tells that the ink is probably
 *   none of the model's characters, and is true where there is no ink
 *
 * @typedef {Object} ModelFacts
 * @property {string} variant
 * @property {{file: string, bytes: number, sha256: string}} file
 * @property {number} size input side in pixels
 * @property {number} margin
 * @property {number} radius
 * @property {number} numClasses
 * @property {string} digest of the charset
 * @property {string[]} characters by class index
 * @property {(string | null)[]} jis by class index
 * @property {import("./homoglyphs.js").Homoglyphs} homoglyphs
 * @property {number} temperature probabilities are the softmax of logits / temperature
 * @property {number} rejectionTemperature of the softmax whose largest probability is the rejection score
 * @property {number} threshold unsure where the rejection score is below
 */

const IDENTITY_FIELDS = ["charset", "num_classes", "digest"];
/** Of a config.json from before there was one: never unsure. */
const NO_CONFIDENCE = Object.freeze({ temperature: 1, threshold: 0 });

/**
 * Return the facts of one variant.
 *
 * @param {any} config config.json
 * @param {any} mapping mapping.json
 * @param {any} manifest manifest.json
 * @param {string | undefined} variant the first of the manifest if undefined
 * @returns {ModelFacts}
 * @throws {Error} if the files belong to different models, or there is no such variant.
 */
export function modelFacts(config, mapping, manifest, variant) {
  for (const field of IDENTITY_FIELDS) {
    for (const [name, found] of [["mapping.json", mapping[field]], ["manifest.json", manifest[field]]]) {
      if (found === config[field]) continue;
      throw new Error(`${name} has ${field} ${found}, and config.json has ${config[field]}: ` +
        "the files belong to different models. Copy the whole model folder again.");
    }
  }
  const file = variant === undefined ? manifest.files[0] : manifest.files.find((row) => row.variant === variant);
  if (!file) {
    const there = manifest.files.map((row) => row.variant).join(", ");
    throw new Error(`There is no variant "${variant}" in manifest.json: those there are: ${there}.`);
  }
  const { temperature, rejection_temperature: rejectionTemperature = temperature, threshold } =
    config.confidence ?? NO_CONFIDENCE;
  const indices = Array.from({ length: config.num_classes }, (_, index) => index);
  return {
    variant: file.variant,
    file,
    size: config.size,
    margin: config.margin,
    radius: config.radius,
    numClasses: config.num_classes,
    digest: config.digest,
    characters: indices.map((index) => mapping.class_to_char[index]),
    jis: indices.map((index) => mapping.class_to_jis[index] ?? null),
    homoglyphs: {
      characters: mapping.class_to_homoglyphs ?? {},
      jis: mapping.homoglyph_to_jis ?? {},
      places: mapping.homoglyph_to_place ?? {},
    },
    temperature,
    rejectionTemperature,
    threshold,
  };
}

/**
 * Return probabilities in float64, which sum to 1. Mirrors kakitori/confidence.py; a test compares them.
 *
 * @param {ArrayLike<number>} logits
 * @param {number} temperature
 * @returns {Float64Array}
 */
export function softmax(logits, temperature) {
  const most = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const weights = Float64Array.from(logits, (logit) => Math.exp((logit - most) / temperature));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}

/**
 * Return the most probable characters, the most probable first, the lower index first among equals. Characters of one
 * shape follow each other, those first that the ink's place on its pad speaks for.
 *
 * @param {ArrayLike<number>} logits one per class
 * @param {ModelFacts} facts
 * @param {number} topK
 * @param {import("./homoglyphs.js").InkPlace | null} [place] null if the pad is not known
 * @returns {Candidates}
 */
export function rank(logits, facts, topK, place = null) {
  const probabilities = softmax(logits, facts.temperature);
  const order = Array.from(probabilities.keys()).sort((a, b) => logits[b] - logits[a] || a - b);
  const candidates = order.slice(0, topK).flatMap((index) => homoglyphsOf(facts, index, place).map(({ char, jis }) => ({
    char,
    jis,
    codePoint: [...char].length === 1 ? char.codePointAt(0) : null,
    index,
    probability: probabilities[index],
  }))).slice(0, topK);
  return Object.assign(candidates, { unsure: isUnsure(logits, order[0], facts) });
}

/** @param {ArrayLike<number>} logits @param {number} first the best class @param {ModelFacts} facts */
function isUnsure(logits, first, { rejectionTemperature, threshold }) {
  return softmax(logits, rejectionTemperature)[first] < threshold;
}

/** Return the candidates of no ink. @returns {Candidates} */
export function noCandidates() {
  return Object.assign([], { unsure: true });
}

/** @param {ModelFacts} facts @param {number} index @param {import("./homoglyphs.js").InkPlace | null} place */
function homoglyphsOf({ characters, jis, homoglyphs }, index, place) {
  const shared = homoglyphs.characters[index];
  if (shared === undefined) return [{ char: characters[index], jis: jis[index] }];
  return orderHomoglyphs(shared, homoglyphs.places, place).map((char) => ({ char, jis: homoglyphs.jis[char] ?? null }));
}
