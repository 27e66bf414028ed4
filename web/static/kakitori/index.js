/**
 * kakitori: recognizes one handwritten character in the browser, in a web worker.
 *
 *   const recognizer = await createRecognizer();
 *   const { candidates, unsure } = await recognizer.recognize([[[10, 10], [90, 10]]], { topK: 10 });
 */

/**
 * @import { Answer, Failure, Jobs, Kind, Report, Results } from "./worker/worker.js"
 *
 * @typedef {import("./shared/candidates.js").Candidate} Candidate
 * @typedef {import("./shared/candidates.js").Result} Result
 * @typedef {import("./shared/strokes.js").AnyPoint} AnyPoint
 * @typedef {import("./shared/strokes.js").AnyStrokes} AnyStrokes
 * @typedef {import("./shared/strokes.js").Strokes} Strokes
 * @typedef {import("./shared/homoglyphs.js").Pad} Pad
 * @typedef {import("./shared/picture.js").Picture} Picture
 * @typedef {import("./worker/load.js").Progress} Progress
 *
 * @typedef {Object} LoadOptions
 * @property {string | URL} [baseUrl] the model folder; default: "../model/" beside this library
 * @property {string} [variant] a row of its manifest.json; default: the first
 * @property {(progress: Progress) => void} [onProgress]
 *
 * @typedef {Object} Options
 * @property {number} [topK] how many candidates at most, a whole number from 1; default 10
 * @property {AbortSignal} [signal] drops the job if it has not begun, and rejects the promise with its reason
 *
 * @typedef {Options & {pad?: Pad | null}} StrokeOptions pad: the size of the writing area, in the unit of the strokes:
 *   orders homoglyphs such as っ and つ
 */

import { checkTopK } from "./shared/candidates.js";
import { checkImage } from "./shared/picture.js";
import { checkPad, checkStrokes } from "./shared/strokes.js";

const DEFAULT_TOP_K = 10;
/** @type {Readonly<Partial<Record<string, ErrorConstructor>>>} */
const ERRORS = Object.freeze({ TypeError, RangeError });

/**
 * Load a model and return its recognizer.
 *
 * @param {LoadOptions} [options]
 * @returns {Promise<Recognizer>}
 * @throws {Error} if a file is missing, damaged or belongs to another model, or WebAssembly is not allowed.
 */
export async function createRecognizer({ baseUrl, variant, onProgress = () => {} } = {}) {
  const folder = new URL(baseUrl ?? new URL("../model/", import.meta.url), document.baseURI);
  if (!folder.pathname.endsWith("/")) folder.pathname += "/";
  const channel = new Channel(onProgress);
  try {
    const facts = await channel.ask({ kind: "load", baseUrl: folder.href, variant });
    return new Recognizer(channel, facts);
  } catch (error) {
    channel.close(error);
    throw error;
  }
}

/** Recognizes strokes and pictures, one at a time, in the order of the calls. */
export class Recognizer {
  #channel;

  /** Use `createRecognizer`. @param {Channel} channel @param {Results["load"]} facts */
  constructor(channel, facts) {
    this.#channel = channel;
    /** The loaded row of manifest.json. @readonly */
    this.variant = facts.variant;
    /** @readonly */
    this.numClasses = facts.numClasses;
    /** The side of the network's input in pixels. @readonly */
    this.size = facts.size;
  }

  /**
   * Return the most probable characters of strokes, and whether the ink is probably none of the model's classes.
   *
   * @param {AnyStrokes} strokes lists of [x, y], [x, y, t] or {x, y}, y down, any unit
   * @param {StrokeOptions} [options]
   * @returns {Promise<Result>}
   * @throws {TypeError | RangeError} for invalid strokes, topK or pad.
   */
  async recognize(strokes, { topK = DEFAULT_TOP_K, pad, signal } = {}) {
    const checked = { strokes: checkStrokes(strokes), topK: checkTopK(topK), pad: checkPad(pad) };
    return await this.#channel.ask({ kind: "strokes", ...checked }, signal);
  }

  /**
   * Return the most probable characters of a picture of one character.
   *
   * @param {Picture} imageData dark on light or light on dark
   * @param {Options} [options]
   * @returns {Promise<Result>}
   * @throws {TypeError | RangeError} for an invalid picture or topK.
   */
  async recognizeImage(imageData, { topK = DEFAULT_TOP_K, signal } = {}) {
    return await this.#channel.ask({ kind: "image", image: checkImage(imageData), topK: checkTopK(topK) }, signal);
  }

  /** End the worker. Pending and later calls are rejected. */
  close() {
    this.#channel.close(new Error("The recognizer was closed: create a new one with createRecognizer()."));
  }
}

/** Requests to the worker, each with the promise of its answer. */
class Channel {
  /** @type {Map<number, {resolve: (result: unknown) => void, reject: (error: unknown) => void}>} */
  #open = new Map();
  #nextId = 0;
  /** @type {unknown} the reason with which all requests are rejected; undefined while the worker runs */
  #closed;
  #worker;

  /** @param {(progress: Progress) => void} onProgress */
  constructor(onProgress) {
    this.#worker = new Worker(new URL("./worker/worker.js", import.meta.url), { type: "module", name: "kakitori" });
    this.#worker.addEventListener("message", (/** @type {MessageEvent<Report | Answer | Failure>} */ { data }) => {
      if (data.kind === "progress") onProgress(data.progress);
      else this.#settle(data);
    });
    this.#worker.addEventListener("error", (event) => {
      event.preventDefault();
      const reason = event.message ? `stopped: ${event.message}` : "could not be started";
      this.close(new Error(`The recognizer's worker ${reason}. Are all files of the library on the server?`));
    });
  }

  /**
   * @template {Kind} K
   * @param {Jobs[K] & {kind: K}} job
   * @param {AbortSignal} [signal]
   * @returns {Promise<Results[K]>}
   */
  ask(job, signal) {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    if (signal?.aborted) return Promise.reject(signal.reason);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.#open.delete(id);
        this.#worker.postMessage({ kind: "cancel", id });
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", abort, { once: true });
      const settled = () => signal?.removeEventListener("abort", abort);
      this.#open.set(id, {
        resolve: (result) => {
          settled();
          resolve(/** @type {Results[K]} */ (result)); // the worker answers a kind of job with its kind of result
        },
        reject: (error) => {
          settled();
          reject(error);
        },
      });
      this.#worker.postMessage({ ...job, id });
    });
  }

  /** @param {unknown} reason with which pending and later requests are rejected */
  close(reason) {
    if (this.#closed !== undefined) return;
    this.#closed = reason;
    this.#worker.terminate();
    for (const { reject } of this.#open.values()) reject(reason);
    this.#open.clear();
  }

  /** @param {Answer | Failure} answer */
  #settle(answer) {
    const waiting = this.#open.get(answer.id);
    if (!waiting) return; // aborted while it ran
    this.#open.delete(answer.id);
    if (answer.kind === "result") waiting.resolve(answer.result);
    else waiting.reject(new (ERRORS[answer.error.name] ?? Error)(answer.error.message));
  }
}
