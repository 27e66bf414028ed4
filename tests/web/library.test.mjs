// The library's other pure parts, run by node's own test runner from test_library.py.
import assert from "node:assert/strict";
import test from "node:test";
import { History } from "../../web/static/kakitori/pad/history.js";
import { Reader } from "../../web/static/kakitori/pad/reader.js";
import { announcement } from "../../web/static/kakitori/pad/words.js";
import { checkTopK, noCandidates, rank } from "../../web/static/kakitori/shared/candidates.js";
import { isUnsure, softmax } from "../../web/static/kakitori/shared/confidence.js";
import { checkImage } from "../../web/static/kakitori/shared/picture.js";
import { findBox } from "../../web/static/kakitori/shared/speckle.js";
import { checkPad, checkStrokes } from "../../web/static/kakitori/shared/strokes.js";
import { fetchBytes, fetchJson } from "../../web/static/kakitori/worker/download.js";

/**
 * @import { StrokeRecognizer } from "../../web/static/kakitori/pad/reader.js"
 * @import { Classes, Result } from "../../web/static/kakitori/shared/candidates.js"
 * @import { Confidence } from "../../web/static/kakitori/shared/confidence.js"
 * @import { Homoglyphs, InkPlace } from "../../web/static/kakitori/shared/homoglyphs.js"
 * @import { Strokes } from "../../web/static/kakitori/shared/strokes.js"
 */

/** @type {Homoglyphs} */
const NO_HOMOGLYPHS = { characters: new Map(), jis: new Map(), places: new Map() };
/** @type {{classes: Classes, confidence: Confidence}} */
const MODEL = {
  classes: { characters: ["あ", "い", "𠮷"], jis: ["2422", "2424", null], homoglyphs: NO_HOMOGLYPHS },
  confidence: { temperature: 1, rejectionTemperature: 1, threshold: 0 },
};

test("invalid strokes are refused with the value found", () => {
  /** @type {[strokes: unknown, kind: TypeErrorConstructor | RangeErrorConstructor, message: RegExp][]} */
  const cases = [
    [undefined, TypeError, /Strokes are undefined: expected a list of strokes/],
    ["字", TypeError, /Strokes are "字"/],
    [[5], TypeError, /Stroke 0 is 5: expected a list of points/],
    [[[[1, 2]], [[1, 2], [3]]], TypeError, /Point 1 of stroke 1 is Array of length 1: expected \[x, y\], \[x, y, t\] or \{x, y\}/],
    [[[[1, 2, 3, 4]]], TypeError, /Array of length 4/],
    [[[null]], TypeError, /Point 0 of stroke 0 is null/],
    [[Array(1)], TypeError, /Point 0 of stroke 0 is undefined/],
    [Array(1), TypeError, /Stroke 0 is undefined/],
    [[[{ x: 1 }]], TypeError, /is Object/],
    [[[{ x: 1, y: "2" }]], TypeError, /holds "2"/],
    [[[[1, "2"]]], TypeError, /holds "2": expected numbers/],
    [[[[1, NaN]]], RangeError, /holds NaN: expected finite numbers/],
    [[[[-Infinity, 1]]], RangeError, /holds -Infinity/],
    [[[[1e300, 1]]], RangeError, /holds 1e\+300/],
  ];
  for (const [strokes, kind, message] of cases) {
    assert.throws(() => checkStrokes(strokes), kind);
    assert.throws(() => checkStrokes(strokes), message);
  }
});

test("points are pairs, triples with a time, or objects, with the same result", () => {
  const forms = [[[1, 2], [3, 4]], [[1, 2, 900], [3, 4, 916]], [{ x: 1, y: 2, t: 900 }, { x: 3, y: 4 }]];
  for (const stroke of forms) assert.deepEqual(checkStrokes([stroke]), [[[1, 2], [3, 4]]]);
});

test("strokes are copied without empty ones", () => {
  const strokes = [[[1, 2]], [], [new Float32Array([3, 4])]];
  const checked = checkStrokes(strokes);
  assert.deepEqual(checked, [[[1, 2]], [[3, 4]]]);
  strokes[0][0][0] = 9;
  assert.equal(checked[0][0][0], 1);
  assert.deepEqual(checkStrokes([]), []);
});

test("pictures and counts are checked", () => {
  const data = new Uint8ClampedArray(16);
  assert.deepEqual(checkImage({ data, width: 2, height: 2 }), { data, width: 2, height: 2 });
  assert.throws(() => checkImage(null), /The picture is null: expected an ImageData/);
  assert.throws(() => checkImage({ data, width: 3, height: 2 }), TypeError);
  assert.throws(() => checkImage({ data, width: "2", height: 2 }), TypeError);
  assert.throws(() => checkImage({ data, width: 1.6, height: 2.5 }), TypeError);
  assert.throws(() => checkImage({ data, width: 4, height: 1 }), /4 x 1 pixels: expected at least 2 x 2/);
  for (const wrong of [0, -1, 1.5, "2", NaN, Infinity]) assert.throws(() => checkTopK(wrong), RangeError);
  assert.equal(checkTopK(3), 3);
});

test("probabilities sum to one and survive large logits", () => {
  const probabilities = softmax(new Float32Array([1000, 999, -1000]), 1);
  assert.ok(Math.abs(probabilities.reduce((a, b) => a + b) - 1) < 1e-15);
  assert.ok(Math.abs(probabilities[0] - 1 / (1 + Math.exp(-1))) < 1e-15);
});

test("NaN and infinite logits are an error that counts them", () => {
  for (const { logits, count } of [
    { logits: [1, NaN, 2], count: 1 },
    { logits: [Infinity, 0, -Infinity], count: 2 },
    { logits: [NaN, NaN, NaN], count: 3 },
  ]) {
    const message = new RegExp(`NaN or infinity in ${count} of 3 logits`);
    assert.throws(() => softmax(new Float32Array(logits), 1), message);
    assert.throws(() => rank(new Float32Array(logits), MODEL, 2), message);
    assert.throws(() => isUnsure(new Float32Array(logits), MODEL.confidence), message);
  }
});

test("candidates have character, codes, class index and probability, the most probable first", () => {
  assert.equal(rank(new Float32Array([0, 2, 2]), MODEL, 9).candidates.length, 3);
  const { candidates } = rank(new Float32Array([0, 2, 2]), MODEL, 2);
  const probability = Math.E ** 2 / (2 * Math.E ** 2 + 1);
  for (const candidate of candidates) assert.ok(Math.abs(candidate.probability - probability) < 1e-12);
  assert.deepEqual(candidates.map((candidate) => ({ ...candidate, probability })), [
    { char: "い", jis: "2424", codePoint: 0x3044, index: 1, probability },
    { char: "𠮷", jis: null, codePoint: 0x20bb7, index: 2, probability },
  ]);
});

test("a temperature sharpens the probabilities, and the threshold makes the answer unsure", () => {
  const logits = new Float32Array([0, 1, 0]);
  /** @param {number} temperature @param {number} rejectionTemperature @param {number} threshold */
  const read = (temperature, rejectionTemperature, threshold) =>
    rank(logits, { ...MODEL, confidence: { temperature, rejectionTemperature, threshold } }, 3);
  const [plain, sharp] = [read(1, 1, 0), read(0.5, 0.5, 0.7)];
  assert.ok(Math.abs(plain.candidates[0].probability - Math.E / (Math.E + 2)) < 1e-12);
  assert.ok(Math.abs(sharp.candidates[0].probability - Math.E ** 2 / (Math.E ** 2 + 2)) < 1e-12);
  assert.deepEqual([plain.unsure, sharp.unsure], [false, false]);
  assert.equal(read(1, 1, 0.7).unsure, true);
  assert.equal(read(1, 1, plain.candidates[0].probability).unsure, false, "a score that is the threshold is sure");
  assert.equal(read(0.5, 1, 0.7).unsure, true);
});

test("no ink is unsure, and nothing is announced", () => {
  assert.equal(noCandidates().unsure, true);
  assert.equal(announcement(noCandidates()), "");
});

test("the announcement says whether the answer is unsure", () => {
  const { candidates } = rank([1, 2, 0], MODEL, 2);
  assert.equal(announcement({ candidates, unsure: false }), "Candidates: 1 い, 2 あ");
  assert.equal(announcement({ candidates, unsure: true }), "Not sure. Perhaps: 1 い, 2 あ");
});

test("a class that is no character has no code point", () => {
  const model = { ...MODEL, classes: { ...MODEL.classes, characters: ["apple", "い", "𠮷"] } };
  assert.deepEqual(rank(new Float32Array([2, 1, 0]), model, 3).candidates.map(({ codePoint }) => codePoint), [null, 0x3044, 0x20bb7]);
});

test("all homoglyphs of a class are candidates, next to each other, ordered by size and place", () => {
  /** @type {Homoglyphs} */
  const homoglyphs = {
    characters: new Map([[1, ["つ", "っ"]]]),
    jis: new Map([["つ", "2444"], ["っ", "2443"]]),
    places: new Map([["っ", { size: [0, 0.5], middle: [0.45, 1] }]]),
  };
  const model = { ...MODEL, classes: { ...MODEL.classes, homoglyphs } };
  /** @param {number} topK @param {InkPlace} [place] */
  const read = (topK, place) => rank(new Float32Array([0, 2, 1]), model, topK, place).candidates.map(({ char, index }) => char + index);
  assert.deepEqual(read(3), ["つ1", "っ1", "𠮷2"]);
  assert.deepEqual(read(3, { size: 0.9, middle: 0.5 }), ["つ1", "っ1", "𠮷2"]);
  assert.deepEqual(read(3, { size: 0.4, middle: 0.7 }), ["っ1", "つ1", "𠮷2"]);
  assert.deepEqual(read(1, { size: 0.4, middle: 0.7 }), ["っ1"]);
  const [small] = rank(new Float32Array([0, 2, 1]), model, 1, { size: 0.4, middle: 0.7 }).candidates;
  assert.deepEqual([small.jis, small.codePoint], ["2443", 0x3063]);
});

test("a picture of more components than a call may have arguments has a bounding box", () => {
  const side = 1000; // 250,000 single pixels
  const ink = Uint8Array.from({ length: side * side }, (_, at) => Number(at % 2 === 0 && Math.floor(at / side) % 2 === 0));
  assert.deepEqual(findBox(ink, side, side), { top: 0, bottom: side - 1, left: 0, right: side - 1 });
});

test("a pad is checked", () => {
  assert.equal(checkPad(undefined), null);
  assert.deepEqual(checkPad({ width: 3, height: 2, colour: "red" }), { width: 3, height: 2 });
  assert.throws(() => checkPad("big"), /The pad is "big": expected \{width, height\}/);
  assert.throws(() => checkPad({ width: 3 }), TypeError);
  for (const width of [0, -1, NaN, Infinity]) assert.throws(() => checkPad({ width, height: 2 }), RangeError);
});

/** Return an answer whose connection fails after one byte. @returns {Response} */
function interrupted() {
  let sent = 0;
  return new Response(new ReadableStream({
    pull: (stream) => (sent++ ? stream.error(new TypeError("network error")) : stream.enqueue(new Uint8Array(1))),
  }));
}

test("a download without content, of another length or with a connection that fails is refused", async (context) => {
  const url = new URL("https://example.com/model/a.onnx");
  let response = new Response(new Uint8Array(2));
  context.mock.method(globalThis, "fetch", () => Promise.resolve(response));
  /** @type {number[]} */
  const loaded = [];
  const bytes = await fetchBytes(url, 2, (count) => loaded.push(count));
  assert.deepEqual([bytes.length, ...loaded], [2, 2]);
  response = new Response(new Uint8Array(2));
  await assert.rejects(fetchBytes(url, 3, () => {}), /a\.onnx has 2 bytes, expected 3/);
  response = new Response(null, { status: 204 });
  await assert.rejects(fetchBytes(url, 3, () => {}), /a\.onnx has 0 bytes, expected 3/);
  response = interrupted();
  await assert.rejects(fetchBytes(url, 3, () => {}), /a\.onnx could not be fetched: check the connection/);
  response = interrupted();
  await assert.rejects(fetchJson(url), /a\.onnx could not be fetched: check the connection/);
  response = new Response("{");
  await assert.rejects(fetchJson(url), /a\.onnx is not valid JSON/);
});

/** Return ink of `count` strokes. @param {number} count @returns {Strokes} */
const inkOf = (count) => Array.from({ length: count }, (_, index) => [[index, 0]]);

test("history undoes strokes and clearing, and drops undone states when ink is added", () => {
  const history = new History();
  assert.equal(history.undo(), false);
  history.push(inkOf(1));
  history.push(inkOf(2));
  history.push([]);
  assert.equal(history.undo(), true);
  assert.deepEqual(history.strokes, inkOf(2));
  history.undo();
  assert.equal(history.redo(), true);
  history.push(inkOf(3));
  assert.equal(history.canRedo, false);
  assert.equal(history.redo(), false);
});

test("candidates of old ink are dropped, also when they come last or fail", async () => {
  /** @type {unknown[]} */
  const seen = [];
  const reader = new Reader((result) => seen.push(result), (error) => seen.push(error));
  /** @type {{resolve: (result: Result) => void, reject: (error: Error) => void, signal: AbortSignal}[]} */
  const waiting = [];
  /** @type {StrokeRecognizer} */
  const recognizer = { recognize: (_, { signal }) => new Promise((resolve, reject) => {
    waiting.push({ resolve, reject, signal });
  }) };
  const pad = { width: 9, height: 9 };
  const runs = [1, 2, 3].map((count) => reader.read(recognizer, inkOf(count), 9, pad));
  assert.deepEqual(waiting.map(({ signal }) => signal.aborted), [true, true, false]);
  const [fresh, old] = [rank([2, 1, 0], MODEL, 1), rank([0, 1, 2], MODEL, 1)];
  waiting[2].resolve(fresh);
  waiting[0].resolve(old);
  waiting[1].reject(new Error("old"));
  await Promise.all(runs);
  await reader.read(null, inkOf(4), 9, pad);
  await reader.read(recognizer, [], 9, pad);
  assert.deepEqual(seen, [fresh, noCandidates()]);
});
