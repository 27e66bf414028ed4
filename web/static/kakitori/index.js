/**
 * kakitori: recognizes one handwritten character in the browser, in a web worker.
 *
 *   const recognizer = await createRecognizer();
 *   const candidates = await recognizer.recognize([[[10, 10], [90, 10]]], { topK: 10 });
 *
 * @typedef {import("./shared/candidates.js").Candidate} Candidate
 * @typedef {import("./shared/candidates.js").Candidates} Candidates
 * @typedef {import("./shared/strokes.js").Strokes} Strokes
 * @typedef {import("./worker/load.js").Progress} Progress
 * @typedef {{topK?: number, signal?: AbortSignal}} Options
 * @typedef {Options & {pad?: import("./shared/homoglyphs.js").Pad}} StrokeOptions
 */

import { checkTopK } from "./shared/candidates.js";
import { checkImage } from "./shared/picture.js";
import { checkPad, checkStrokes } from "./shared/strokes.js";

const DEFAULT_TOP_K = 10;
const ERRORS = Object.freeze({ TypeError, RangeError });

/**
 * Load a model and return its recognizer.
 *
 * @param {Object} [options]
 * @param {string | URL} [options.baseUrl] the model folder; default: "../model/" beside this library
 * @param {string} [options.variant] a row of its manifest.json; default: the first
 * @param {(progress: Progress) => void} [options.onProgress]
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

  /** Use `createRecognizer`. @param {Channel} channel @param {{variant: string, numClasses: number, size: number}} facts */
  constructor(channel, facts) {
    this.#channel = channel;
    this.variant = facts.variant;
    this.numClasses = facts.numClasses;
    this.size = facts.size;
  }

  /**
   * Return the most probable characters, the most probable first; none where there is no ink. The array's property
   * `unsure` is true where the ink is probably none of the model's classes.
   *
   * @param {Strokes} strokes [[[x, y], …], …], y down, any unit
   * @param {StrokeOptions} [options] topK: how many at most, default 10; signal: drops the job if it has not begun;
   *   pad: the size of the writing area, {width, height}, [0, 0] its upper left corner: orders homoglyphs such as っ and つ
   * @returns {Promise<Candidates>}
   * @throws {TypeError | RangeError} for invalid strokes, topK or pad.
   */
  async recognize(strokes, { topK = DEFAULT_TOP_K, pad, signal } = {}) {
    const checked = { strokes: checkStrokes(strokes), topK: checkTopK(topK), pad: checkPad(pad) };
    return this.#channel.ask({ kind: "strokes", ...checked }, signal);
  }

  /**
   * Return the most probable characters of a picture of one character; none where it shows no ink.
   *
   * @param {ImageData} imageData dark on light or light on dark
   * @param {Options} [options] as for `recognize`
   * @returns {Promise<Candidates>}
   * @throws {TypeError | RangeError} for an invalid picture or topK.
   */
  async recognizeImage(imageData, { topK = DEFAULT_TOP_K, signal } = {}) {
    return this.#channel.ask({ kind: "image", image: checkImage(imageData), topK: checkTopK(topK) }, signal);
  }

  /** End the worker. Pending and later calls are rejected. */
  close() {
    this.#channel.close(new Error("The recognizer was closed: create a new one with createRecognizer()."));
  }
}

/** Requests to the worker, each with the promise of its answer. */
class Channel {
  /** @type {Map<number, {resolve: (value: any) => void, reject: (error: unknown) => void}>} */
  #open = new Map();
  #nextId = 0;
  /** @type {unknown} the reason with which all requests are rejected; undefined while the worker runs */
  #closed;
  #worker;

  /** @param {(progress: Progress) => void} onProgress */
  constructor(onProgress) {
    this.#worker = new Worker(new URL("./worker/worker.js", import.meta.url), { type: "module", name: "kakitori" });
    this.#worker.addEventListener("message", ({ data }) => {
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
   * @param {Record<string, unknown>} question
   * @param {AbortSignal} [signal]
   * @returns {Promise<any>}
   */
  ask(question, signal) {
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
      const settled = (settle) => (value) => {
        signal?.removeEventListener("abort", abort);
        settle(value);
      };
      this.#open.set(id, { resolve: settled(resolve), reject: settled(reject) });
      this.#worker.postMessage({ ...question, id });
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

  #settle({ id, result, error }) {
    const waiting = this.#open.get(id);
    if (!waiting) return; // aborted while it ran
    this.#open.delete(id);
    if (error) waiting.reject(new (ERRORS[error.name] ?? Error)(error.message));
    else waiting.resolve(result);
  }
}
