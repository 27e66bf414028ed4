/**
 * The recognizer's worker thread. Messages in: {id, kind, ...}, see HANDLERS, and {kind: "cancel", id}.
 * Messages out: {kind: "progress", progress}, {id, result} or {id, error: {name, message}}.
 */

import { rasteriseImage } from "../shared/picture.js";
import { rasterise, toTensor } from "../shared/ink.js";
import { noCandidates, rank } from "../shared/candidates.js";
import { inkPlace } from "../shared/homoglyphs.js";
import { load } from "./load.js";

/** @type {Awaited<ReturnType<typeof load>>} */
let model;
/** @type {Set<number>} ids of the jobs that have neither begun nor been aborted */
const waiting = new Set();
/** One job at a time: the engine must not be entered while it runs ("Session already started"). */
let tail = Promise.resolve();

const HANDLERS = Object.freeze({
  load: async ({ baseUrl, variant }) => {
    model = await load(baseUrl, variant, (progress) => postMessage({ kind: "progress", progress }));
    const { variant: name, numClasses, size } = model.facts;
    return { variant: name, numClasses, size };
  },
  strokes: ({ strokes, topK, pad }) => strokes.length === 0 ? noCandidates() : candidates(topK, ({ size, margin, radius }) =>
    rasterise(strokes, size, margin, radius), pad && inkPlace(strokes, pad)),
  image: ({ image, topK }) => candidates(topK, ({ size, margin }) => rasteriseImage(image, size, margin)),
});

/** Return the candidates for the coverage that `draw` returns, and none where it returns null: no ink. */
async function candidates(topK, draw, place = null) {
  const coverage = draw(model.facts);
  return coverage === null ? noCandidates() : rank(await model.run(toTensor(coverage)), model.facts, topK, place);
}

async function answer(message) {
  if (!waiting.delete(message.id)) return;
  try {
    postMessage({ id: message.id, result: await HANDLERS[message.kind](message) });
  } catch (error) {
    postMessage({ id: message.id, error: { name: error.name, message: error.message } });
  }
}

addEventListener("message", ({ data }) => {
  if (data.kind === "cancel") {
    waiting.delete(data.id);
    return;
  }
  waiting.add(data.id);
  tail = tail.then(() => answer(data));
});
