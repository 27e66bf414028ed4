// Reading and checking a model folder's JSON files, run by node's own test runner from test_model_digest.py.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import test from "node:test";
import { rank } from "../../web/static/kakitori/shared/candidates.js";
import { modelFacts, verifyDigests } from "../../web/static/kakitori/shared/model.js";

const FIXTURE = readFileSync(new URL("../assets/model_digest.json", import.meta.url), "utf-8");

/** @typedef {{[key: string]: any}} Json any: the tests put values of every type into every field */
/** @typedef {{config: Json, mapping: Json, manifest: Json}} Documents the three JSON files of a model */
/** @typedef {[path: string, value: unknown, message: RegExp]} Refusal a change of a document, and the error */

/** Return a fresh copy of the fixture. @param {"wide" | "words"} [model] @returns {Documents} */
const load = (model = "wide") => JSON.parse(FIXTURE)[model];
/** @param {{config: unknown, mapping: unknown, manifest: unknown}} documents @param {string} [variant] */
const facts = ({ config, mapping, manifest }, variant) => modelFacts(config, mapping, manifest, variant);
/** @param {Documents} documents */
const verify = async (documents) => verifyDigests(documents.config, facts(documents));

/** Set a field, or remove it where the value is undefined. @param {Json} document @param {string} path @param {unknown} value */
function set(document, path, value) {
  const keys = path.split(".");
  const inner = keys.slice(0, -1).reduce((outer, key) => outer[key], document);
  const last = keys[keys.length - 1];
  if (value === undefined) delete inner[last];
  else inner[last] = value;
}

test("the facts of a model are read, and its digests are those of Python", async () => {
  const documents = load();
  const { variant, file, numClasses, classes, confidence } = facts(documents);
  assert.deepEqual([variant, file.file, numClasses], ["strict.int8", "onnx/strict.int8.onnx", 3]);
  assert.deepEqual([classes.characters, classes.jis], [["、", "：", "；"], ["2122", "2127", "2128"]]);
  assert.deepEqual(classes.homoglyphs.characters.get(0), ["、", "・", ".", ",", "ヽ", "丶"]);
  assert.deepEqual(classes.homoglyphs.places.get("ヽ"), { size: [0.5, 1], middle: [0, 1] });
  assert.deepEqual(confidence, { temperature: 0.58106, rejectionTemperature: 1.16212, threshold: 0.087934 });
  assert.equal(facts(documents, "strict.fp32").file.file, "onnx/strict.fp32.onnx");
  assert.equal(await verify(documents), true);
});

test("words and characters beyond the BMP have the digests of Python", async () => {
  const documents = load("words");
  assert.deepEqual(facts(documents).classes.characters, ["apple", "𠮷", "田"]);
  assert.deepEqual(facts(documents).classes.jis, [null, null, "4544"]);
  assert.equal(await verify(documents), true);
});

test("a change of the network, the classes or the thresholds is refused", async () => {
  /** @type {[path: string, value: unknown][]} */
  const changes = [
    ["config.weights", "0".repeat(64)],
    ["config.arch", "resnet"],
    ["config.widths", [8, 17]],
    ["config.pooling", "adaptive_max"],
    ["config.rank", 4],
    ["config.size", 48],
    ["config.margin", 0.06],
    ["config.radius", 1.4],
    ["config.confidence.temperature", 0.5],
    ["config.confidence.rejection_temperature", 2],
    ["config.confidence.threshold", 0.08],
    ["mapping.class_to_jis.2", "4545"],
    ["mapping.class_to_jis.1", null],
    ["mapping.class_to_homoglyphs.0", ["、", "・", "."]],
    ["mapping.class_to_homoglyphs", undefined],
    ["mapping.homoglyph_to_jis.・", "2444"],
    ["mapping.homoglyph_to_place.・.size", [0, 0.6]],
    ["mapping.homoglyph_to_place", {}],
  ];
  for (const [path, value] of changes) {
    const documents = load();
    set(documents, path, value);
    await assert.rejects(verify(documents), /config\.json has model_digest .*different models: copy the whole/, path);
  }
});

test("a changed character is refused by the charset's digest", async () => {
  const documents = load();
  documents.mapping.class_to_char[2] = "；".normalize("NFKC");
  await assert.rejects(verify(documents), /config\.json has digest sha256:.*: the files belong to different models/);
});

test("files with different digests are refused", () => {
  const other = `sha256:${"1".repeat(64)}`;
  /** @type {[name: string, field: string, value: unknown][]} */
  const changes = [
    ["mapping", "model_digest", other], ["manifest", "model_digest", other], ["mapping", "model_digest", undefined],
    ["manifest", "digest", other], ["mapping", "num_classes", 4], ["mapping", "charset", "etl9g"],
  ];
  for (const [name, field, value] of changes) {
    const documents = load();
    set(documents, `${name}.${field}`, value);
    assert.throws(() => facts(documents), new RegExp(`${name}\\.json has ${field} .*different models: copy`), field);
  }
  assert.throws(() => facts({ ...load(), mapping: null }), /mapping\.json has charset undefined/);
});

test("values out of their range are refused with the field and the range", () => {
  /** @type {Refusal[]} */
  const cases = [
    ["arch", undefined, /arch undefined: expected a name/],
    ["arch", "cnn\nnetwork", /arch "cnn\\nnetwork": expected a name/],
    ["widths", 8, /widths 8: expected 1 to 16 whole numbers/],
    ["widths", [], /widths \[\]/],
    ["widths", Array(17).fill(8), /widths \[8,/],
    ["widths", [8, 4097], /widths \[8,4097\]/],
    ["widths", ["8"], /widths \["8"\]/],
    ["pooling", 2, /pooling 2: expected a name/],
    ["rank", 0, /rank 0: expected null or a whole number from 1 to 4096/],
    ["rank", 4097, /rank 4097/],
    ["charset", "", /charset "": expected a name/],
    ["charset", "wide\ninput 64", /charset "wide\\ninput 64": expected a name/],
    ["charset", "wide\u2028", /charset "wide[^]*": expected a name/],
    ["num_classes", 1, /num_classes 1: expected a whole number from 2 to 100000/],
    ["num_classes", 100_001, /num_classes 100001: expected/],
    ["digest", "md5:1", /digest "md5:1": expected sha256/],
    ["model_digest", undefined, /model_digest undefined: expected sha256/],
    ["weights", "abc", /weights "abc": expected 64 hex digits/],
    ["size", 65, /size 65: expected one of 32, 48, 64, 96, 128/],
    ["margin", 0.5, /margin 0.5: expected a number from 0 to below 0.5/],
    ["margin", -0.1, /margin -0.1/],
    ["radius", 0, /radius 0: expected a number above 0, up to 128/],
    ["radius", 128.5, /radius 128\.5/],
    ["radius", "1", /radius "1"/],
    ["confidence", undefined, /confidence\.temperature undefined/],
    ["confidence.temperature", 0, /confidence\.temperature 0: expected a number above 0/],
    ["confidence.temperature", NaN, /confidence\.temperature/],
    ["confidence.rejection_temperature", Infinity, /confidence\.rejection_temperature/],
    ["confidence.threshold", 1, /confidence\.threshold 1: expected a number from 0 to below 1/],
    ["confidence.threshold", -0.1, /confidence\.threshold -0\.1/],
  ];
  for (const [path, value, message] of cases) {
    const documents = load();
    set(documents.config, path, value);
    assert.throws(() => facts(documents), message);
  }
  assert.throws(() => facts({ ...load(), config: null }), /config\.json has charset undefined/);
});

test("classes that are missing, superfluous or no text are refused", () => {
  /** @type {Refusal[]} */
  const cases = [
    ["class_to_char.3", "由", /4 classes in class_to_char, and config\.json has 3/],
    ["class_to_jis.2", undefined, /2 classes in class_to_jis/],
    ["class_to_char.2", "", /class_to_char "" for 2/],
    ["class_to_char.2", 7, /class_to_char 7 for 2/],
    ["class_to_char.2", "a\tb", /class_to_char "a\\tb" for 2/],
    ["class_to_char.2", "\u0085", /class_to_char .* for 2/],
    ["class_to_homoglyphs.0", ["、", "\n"], /class_to_homoglyphs/],
    ["class_to_jis.2", "45", /class_to_jis "45" for 2/],
    ["class_to_jis.2", 2128, /class_to_jis 2128 for 2/],
    ["class_to_jis.2", ["2128"], /class_to_jis \["2128"\] for 2/],
    ["class_to_homoglyphs.0", "、・", /class_to_homoglyphs/],
    ["homoglyph_to_place.・.size", [0], /homoglyph_to_place/],
  ];
  for (const [path, value, message] of cases) {
    const documents = load();
    set(documents.mapping, path, value);
    assert.throws(() => facts(documents), message);
  }
});

test("names of files that are not in the folder onnx are refused", () => {
  const names = ["../a.onnx", "onnx/../../a", "/a.onnx", "//evil.example/a", "https://evil.example/a", "onnx\\a", "a?b", "a#b",
    "onnx/%2e%2e/%2e%2e/a", "data:a", "./a", "onnx//a", "",
    null, 3, "config.json", "onnx/a", "onnx/.a.onnx", "onnx/_a.onnx", "onnx/a/b.onnx", "other/a.onnx", "onnx/a.onnx\n"];
  for (const name of names) {
    const documents = load();
    documents.manifest.files[1].file = name;
    assert.throws(() => facts(documents), /manifest\.json has file .*: expected onnx\/, a plain name and \.onnx/);
  }
});

test("rows without bytes or hash, no rows, and a variant that is not listed are refused", () => {
  /** @type {[field: string, value: unknown][]} */
  const changes = [["bytes", 0], ["bytes", 1e300], ["sha256", "abc"], ["variant", 7]];
  for (const [field, value] of changes) {
    const documents = load();
    documents.manifest.files[0][field] = value;
    assert.throws(() => facts(documents), new RegExp(`manifest\\.json has ${field} `));
  }
  assert.throws(() => facts(load(), "tract.int8"), /no variant "tract\.int8" .*choose one of strict\.int8, strict\.fp32/);
  const documents = load();
  documents.manifest.files = [];
  assert.throws(() => facts(documents), /lists no files/);
});

/**
 * Return the fixture with other class names and the charset digest of their joined text.
 *
 * @param {string[]} names
 * @param {string} joined
 * @returns {Documents}
 */
function renamed(names, joined) {
  const { config, mapping, manifest } = load();
  mapping.class_to_char = { ...names };
  const digest = `sha256:${createHash("sha256").update(joined).digest("hex")}`;
  for (const document of [config, mapping, manifest]) document.digest = digest;
  return { config, mapping, manifest };
}

test("the charset's digest joins words by line ends and characters, also beyond the BMP, by nothing", async () => {
  // Only model_digest, which these names change too, is refused: the charset's digest is checked before.
  /** @param {string[]} names @param {string} joined */
  const passes = (names, joined) => assert.rejects(verify(renamed(names, joined)), /config\.json has model_digest/);
  /** @param {string[]} names @param {string} joined */
  const fails = (names, joined) => assert.rejects(verify(renamed(names, joined)), /config\.json has digest/);
  await passes(["apple", "𠮷", "田"], "apple\n𠮷\n田");
  await passes(["が", "か\u3099", "田"], "が\nか\u3099\n田"); // two code points are a word
  await passes(["𠮷", "𩸽", "田"], "𠮷𩸽田");
  await fails(["𠮷", "𩸽", "田"], "𠮷\n𩸽\n田");
  await fails(["apple", "𠮷", "田"], "apple𠮷田");
});

test("words have no code point, and names of object properties are names like others", () => {
  const names = ["constructor", "toString", "𠮷"];
  const model = facts(renamed(names, ""));
  model.classes.homoglyphs.characters.clear();
  const { candidates } = rank(new Float32Array([2, 1, 0]), model, 3, { size: 0.5, middle: 0.5 });
  assert.deepEqual(candidates.map(({ char, codePoint }) => [char, codePoint]),
    [["constructor", null], ["toString", null], ["𠮷", 0x20bb7]]);
});
