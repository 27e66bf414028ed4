/** The recognizer's worker thread. */

/**
 * @import { Result } from "../shared/candidates.js"
 * @import { InkPlace, Pad } from "../shared/homoglyphs.js"
 * @import { ModelFacts } from "../shared/model.js"
 * @import { Picture } from "../shared/picture.js"
 * @import { Strokes } from "../shared/strokes.js"
 * @import { Model, Progress } from "./load.js"
 *
 * @typedef {Object} Jobs messages in, by their kind; each has a number besides, its `id`
 * @property {{kind: "load", baseUrl: string, variant: string | undefined}} load
 * @property {{kind: "strokes", strokes: Strokes, topK: number, pad: Pad | null}} strokes
 * @property {{kind: "image", image: Picture, topK: number}} image
 *
 * @typedef {Object} Results of the jobs
 * @property {{variant: string, numClasses: number, size: number}} load
 * @property {Result} strokes
 * @property {Result} image
 *
 * @typedef {keyof Jobs} Kind
 * @typedef {Jobs[Kind] & {id: number}} Job
 * @typedef {{kind: "cancel", id: number}} Cancel a message in: the job is dropped if it has not begun
 * @typedef {{kind: "progress", progress: Progress}} Report a message out, while a model is loaded
 * @typedef {{kind: "result", id: number, result: Results[Kind]}} Answer a message out, at the end of a job
 * @typedef {{kind: "error", id: number, error: {name: string, message: string}}} Failure likewise
 */

import { rasteriseImage } from "../shared/picture.js";
import { rasterise, toTensor } from "../shared/ink.js";
import { noCandidates, rank } from "../shared/candidates.js";
import { inkPlace } from "../shared/homoglyphs.js";
import { load } from "./load.js";

/** @type {Model} */
let model;
/** @type {Set<number>} ids of the jobs that have neither begun nor been aborted */
const waiting = new Set();
/** One job at a time: the engine must not be entered while it runs ("Session already started"). */
let tail = Promise.resolve();

/** @type {Readonly<{[K in Kind]: (job: Jobs[K]) => Promise<Results[K]>}>} */
const HANDLERS = Object.freeze({
  load: async ({ baseUrl, variant }) => {
    model = await load(baseUrl, variant, (progress) => post({ kind: "progress", progress }));
    const { variant: name, numClasses, size } = model.facts;
    return { variant: name, numClasses, size };
  },
  strokes: async ({ strokes, topK, pad }) => strokes.length === 0 ? noCandidates() : read(topK,
    ({ size, margin, radius }) => rasterise(strokes, size, margin, radius), pad && inkPlace(strokes, pad)),
  image: async ({ image, topK }) => read(topK, ({ size, margin }) => rasteriseImage(image, size, margin)),
});

/**
 * Return the result for the coverage that `draw` returns, without candidates where it returns null: no ink.
 *
 * @param {number} topK
 * @param {(facts: ModelFacts) => Float32Array | null} draw
 * @param {InkPlace | null} [place]
 * @returns {Promise<Result>}
 */
async function read(topK, draw, place = null) {
  const coverage = draw(model.facts);
  return coverage === null ? noCandidates() : rank(await model.run(toTensor(coverage)), model.facts, topK, place);
}

/** @param {Report | Answer | Failure} message */
function post(message) {
  postMessage(message);
}

/** @template {Kind} K @param {K} kind @param {Jobs[K]} job @returns {Promise<Results[K]>} */
function run(kind, job) {
  return HANDLERS[kind](job);
}

/** @param {Job} job */
async function answer(job) {
  const { id } = job;
  if (!waiting.delete(id)) return;
  try {
    post({ kind: "result", id, result: await run(job.kind, job) });
  } catch (error) {
    // The engine, compiled from C++, also throws numbers and strings.
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    post({ kind: "error", id, error: { name, message } });
  }
}

addEventListener("message", (/** @type {MessageEvent<Job | Cancel>} */ { data }) => {
  if (data.kind === "cancel") {
    waiting.delete(data.id);
    return;
  }
  waiting.add(data.id);
  tail = tail.then(() => answer(data));
});
