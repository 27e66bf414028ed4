/**
 * The facts of a model, read from config.json, mapping.json and manifest.json and checked: they are input, possibly from
 * another server. Mirrors kakitori/model_directory.py. Uses neither the document nor the inference engine.
 */

/**
 * @import { Classes } from "./candidates.js"
 * @import { Confidence } from "./confidence.js"
 * @import { Place } from "./homoglyphs.js"
 *
 * @typedef {Object} NetworkFile a row of manifest.json
 * @property {string} variant
 * @property {string} file path inside the model folder
 * @property {number} bytes
 * @property {string} sha256 hex digits
 *
 * @typedef {Object} ConfigFile the fields of config.json that are read
 * @property {string} charset
 * @property {number} num_classes
 * @property {string} digest of the charset, "sha256:" and 64 hex digits
 * @property {string} model_digest likewise, of network, classes and thresholds
 * @property {string} weights 64 hex digits
 * @property {string} arch
 * @property {number[]} widths
 * @property {string} pooling
 * @property {number | null} [rank]
 * @property {number} size input side in pixels
 * @property {number} margin in [0, 0.5), share of the side
 * @property {number} radius in pixels
 * @property {{temperature: number, rejection_temperature: number, threshold: number}} confidence
 *
 * @typedef {Object} ModelFacts
 * @property {string} variant
 * @property {NetworkFile} file
 * @property {number} size input side in pixels
 * @property {number} margin
 * @property {number} radius
 * @property {number} numClasses
 * @property {Classes} classes
 * @property {Confidence} confidence
 */

import { countCodePoints } from "./candidates.js";
import { sha256 } from "./sha256.js";

const SIZES = [32, 48, 64, 96, 128];
const MAX_RADIUS = 128; // pixels
const MODEL_DIGEST_VERSION = "kakitori model 2";
const DIFFERENT_MODELS = "the files belong to different models: copy the whole model folder again.";
const IDENTITY_FIELDS = ["charset", "num_classes", "digest", "model_digest"]; // equal in all three files

const MOST_CLASSES = 100_000;
// Line ends, tabs and other control characters: they would break the lines that the digests are made of.
const NO_CONTROLS = /^[^\p{Control}\u2028\u2029]+$/u;

/**
 * @typedef {(value: unknown) => boolean} Check
 * @typedef {[field: string, isRight: Check, expected: string]} Rule
 */

/** @param {unknown} value @returns {value is number} */
const isNumber = (value) => Number.isFinite(value); // false for what is no number
/** @type {Check} */
const isPositive = (value) => isNumber(value) && value > 0;
/** @param {unknown} value @param {number} least @param {number} most @returns {value is number} */
const isInteger = (value, least, most) => isNumber(value) && value % 1 === 0 && value >= least && value <= most;
/** @param {unknown} value @param {RegExp} pattern @returns {value is string} */
const matches = (value, pattern) => typeof value === "string" && pattern.test(value);
/** @param {unknown} value @returns {value is string} */
const isText = (value) => matches(value, NO_CONTROLS);
/** @type {Check} */
const isWidth = (value) => isInteger(value, 1, 4096);
/** @type {Check} */
const isWidths = (value) => Array.isArray(value) && isInteger(value.length, 1, 16) && value.every(isWidth);
/** @param {unknown} value @returns {value is string | null} */
const isJis = (value) => value === null || matches(value, /^[0-9A-F]{4}$/);
/** @type {Check} */
const isHash = (value) => matches(value, /^[0-9a-f]{64}$/);
/** @type {Check} */
const isDigest = (value) => matches(value, /^sha256:[0-9a-f]{64}$/);
/** @type {Check} */
const isRange = (value) => Array.isArray(value) && value.length === 2 && value.every(isNumber);
/** @param {unknown} value @returns {value is Place} */
const isPlace = (value) => isRange(valueOf(value, "size")) && isRange(valueOf(value, "middle"));
/** @param {unknown} value @returns {value is string[]} */
const isGroup = (value) => Array.isArray(value) && value.length > 1 && value.every(isText);
/** One plain name in the folder onnx: no scheme, query, escape or step up can be in it. @type {Check} */
const isOnnxFile = (value) => matches(value, /^onnx\/[A-Za-z0-9][\w.-]*\.onnx$/);

/** @type {Rule[]} */
const CONFIG_RULES = [
  ["charset", isText, "a name"],
  ["num_classes", (value) => isInteger(value, 2, MOST_CLASSES), `a whole number from 2 to ${MOST_CLASSES}`],
  ["digest", isDigest, "sha256: and 64 hex digits"],
  ["model_digest", isDigest, "sha256: and 64 hex digits"],
  ["weights", isHash, "64 hex digits"],
  ["arch", isText, "a name"],
  ["widths", isWidths, "1 to 16 whole numbers from 1 to 4096"],
  ["pooling", isText, "a name"],
  ["rank", (value) => value === undefined || value === null || isWidth(value), "null or a whole number from 1 to 4096"],
  ["size", (value) => isNumber(value) && SIZES.includes(value), `one of ${SIZES.join(", ")}`],
  ["margin", (value) => isNumber(value) && value >= 0 && value < 0.5, "a number from 0 to below 0.5"],
  ["radius", (value) => isNumber(value) && value > 0 && value <= MAX_RADIUS, `a number above 0, up to ${MAX_RADIUS}`],
  ["confidence.temperature", isPositive, "a number above 0"],
  ["confidence.rejection_temperature", isPositive, "a number above 0"],
  ["confidence.threshold", (value) => isNumber(value) && value >= 0 && value < 1, "a number from 0 to below 1"],
];
/** @type {Rule[]} */
const FILE_RULES = [
  ["variant", isText, "a name"],
  ["file", isOnnxFile, "onnx/, a plain name and .onnx"],
  ["bytes", (value) => isInteger(value, 1, Number.MAX_SAFE_INTEGER), "a whole number above 0"],
  ["sha256", isHash, "64 hex digits"],
];

/**
 * Return the facts of one variant.
 *
 * @param {unknown} config config.json
 * @param {unknown} mapping mapping.json
 * @param {unknown} manifest manifest.json
 * @param {string | undefined} variant the first of the manifest if undefined
 * @returns {ModelFacts}
 * @throws {Error} if a value is missing or out of its range, the files belong to different models, or the manifest does
 *   not list the variant.
 */
export function modelFacts(config, mapping, manifest, variant) {
  checkRules("config.json", config, CONFIG_RULES);
  checkIdentity(config, { "mapping.json": mapping, "manifest.json": manifest });
  const file = selectFile(manifest, variant);
  const { size, margin, radius, num_classes: numClasses, confidence } = /** @type {ConfigFile} */ (config);
  const { temperature, rejection_temperature: rejectionTemperature, threshold } = confidence;
  return {
    variant: file.variant,
    file,
    size,
    margin,
    radius,
    numClasses,
    classes: readClasses(mapping, numClasses),
    confidence: { temperature, rejectionTemperature, threshold },
  };
}

/**
 * Check that the characters have config.json's `digest`, and that the network, classes and thresholds have its
 * `model_digest`.
 *
 * @param {unknown} config as checked by `modelFacts`
 * @param {ModelFacts} facts of the same model
 * @returns {Promise<boolean>} false where SHA-256 is not available
 * @throws {Error} if one differs.
 */
export async function verifyDigests(config, { classes }) {
  const { digest, model_digest } = /** @type {ConfigFile} */ (config);
  const texts = {
    digest: [digest, charsetText(classes.characters)],
    model_digest: [model_digest, modelText(/** @type {ConfigFile} */ (config), classes)],
  };
  for (const [field, [expected, text]] of Object.entries(texts)) {
    const found = await sha256(new TextEncoder().encode(text));
    if (found === null) return false;
    if (`sha256:${found}` !== expected) {
      throw new Error(`config.json has ${field} ${expected}, and config.json and mapping.json together give ` +
        `sha256:${found}: ${DIFFERENT_MODELS}`);
    }
  }
  return true;
}

/**
 * Return the text whose SHA-256 is the charset's digest: names of several letters are joined by line ends.
 *
 * @param {string[]} characters
 * @returns {string}
 */
function charsetText(characters) {
  return characters.join(characters.every((name) => countCodePoints(name) === 1) ? "" : "\n");
}

/**
 * Return the text whose SHA-256 is the `model_digest`.
 *
 * @param {ConfigFile} config
 * @param {Classes} classes
 * @returns {string}
 */
function modelText(config, { characters, jis, homoglyphs }) {
  const { weights, charset, arch, widths, pooling, rank, size, margin, radius, confidence } = config;
  const { temperature, rejection_temperature, threshold } = confidence;
  /** @param {Place | undefined} place */
  const describePlace = (place) => (place === undefined ? "-" : [...place.size, ...place.middle].map(float64Hex).join(","));
  /** @param {string} char */
  const describe = (char) => `${char}:${homoglyphs.jis.get(char) ?? "-"}:${describePlace(homoglyphs.places.get(char))}`;
  return [
    MODEL_DIGEST_VERSION,
    `weights ${weights}`,
    `charset ${charset}`,
    `network ${arch} ${widths.join(",")} ${pooling} ${rank ?? "-"}`,
    ["input", size, float64Hex(margin), float64Hex(radius)].join(" "),
    ["confidence", ...[temperature, rejection_temperature, threshold].map(float64Hex)].join(" "),
    ...characters.map((char, index) =>
      [char, jis[index] ?? "-", ...(homoglyphs.characters.get(index) ?? []).map(describe)].join("\t")),
  ].join("\n");
}

/** Return the 16 hex digits of a number's big-endian IEEE 754 double. @param {number} value @returns {string} */
function float64Hex(value) {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return view.getBigUint64(0).toString(16).padStart(16, "0");
}

/**
 * Return a field of an object, or undefined where it has none.
 *
 * @param {unknown} content
 * @param {string} path the field's name, or several joined by full stops
 * @returns {unknown}
 */
function valueOf(content, path) {
  return path.split(".").reduce((inner, key) => (
    /** @type {Partial<Record<string, unknown>> | null | undefined} */ (inner)?.[key]), content);
}

/** @param {string} name of the file @param {unknown} content @param {Rule[]} rules */
function checkRules(name, content, rules) {
  for (const [field, isRight, expected] of rules) {
    const value = valueOf(content, field);
    if (isRight(value)) continue;
    throw new Error(`${name} has ${field} ${JSON.stringify(value)}: expected ${expected}. Copy the model folder again.`);
  }
}

/** @param {unknown} config @param {Record<string, unknown>} others by the name of the file */
function checkIdentity(config, others) {
  for (const [name, content] of Object.entries(others)) {
    for (const field of IDENTITY_FIELDS) {
      const [found, expected] = [valueOf(content, field), valueOf(config, field)];
      if (found === expected) continue;
      throw new Error(`${name} has ${field} ${found}, and config.json has ${expected}: ${DIFFERENT_MODELS}`);
    }
  }
}

/** @param {unknown} manifest @param {string | undefined} variant @returns {NetworkFile} */
function selectFile(manifest, variant) {
  const rows = valueOf(manifest, "files");
  if (!Array.isArray(rows) || rows.length === 0) throw new Error("manifest.json lists no files: expected one or more.");
  for (const row of rows) checkRules("manifest.json", row, FILE_RULES);
  const files = /** @type {NetworkFile[]} */ (rows);
  const file = variant === undefined ? files[0] : files.find((row) => row.variant === variant);
  if (file) return file;
  const variants = files.map((row) => row.variant).join(", ");
  throw new Error(`There is no variant "${variant}" in manifest.json: choose one of ${variants}.`);
}

/** @param {unknown} mapping @param {number} numClasses @returns {Classes} */
function readClasses(mapping, numClasses) {
  const homoglyphs = {
    characters: readTable(mapping, "class_to_homoglyphs", isGroup),
    jis: readTable(mapping, "homoglyph_to_jis", isJis),
    places: readTable(mapping, "homoglyph_to_place", isPlace),
  };
  return {
    characters: readList(mapping, "class_to_char", isText, numClasses),
    jis: readList(mapping, "class_to_jis", isJis, numClasses),
    homoglyphs: {
      ...homoglyphs,
      characters: new Map(Array.from(homoglyphs.characters, ([index, group]) => [Number(index), group])),
    },
  };
}

/**
 * Return a table of mapping.json; empty where it is left out.
 *
 * @template T
 * @param {unknown} mapping
 * @param {string} field
 * @param {(value: unknown) => value is T} isRight
 * @returns {Map<string, T>}
 */
function readTable(mapping, field, isRight) {
  /** @type {Map<string, T>} */
  const table = new Map();
  for (const [key, value] of Object.entries(valueOf(mapping, field) ?? {})) {
    if (!isRight(value)) {
      throw new Error(`mapping.json has ${field} ${JSON.stringify(value)} for ${key}. Copy the model folder again.`);
    }
    table.set(key, value);
  }
  return table;
}

/**
 * Return the values of a table of mapping.json by class index.
 *
 * @template T
 * @param {unknown} mapping
 * @param {string} field
 * @param {(value: unknown) => value is T} isRight
 * @param {number} numClasses
 * @returns {T[]}
 */
function readList(mapping, field, isRight, numClasses) {
  const table = readTable(mapping, field, isRight);
  const isComplete = table.size === numClasses && Array.from(table.keys()).every((key, index) => key === String(index));
  if (!isComplete) {
    throw new Error(`mapping.json has ${table.size} classes in ${field}, and config.json has ${numClasses}, counted from ` +
      `0: ${DIFFERENT_MODELS}`);
  }
  return Array.from(table.values());
}
