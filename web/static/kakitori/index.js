/**
 * kakitori: reads one handwritten kanji or hiragana, in the browser, in a worker of its own.
 *
 *   const recognizer = await createRecognizer();
 *   const candidates = await recognizer.recognize([[[10, 10], [90, 10]]], { topK: 10 });
 *
 * @typedef {import("./shared/classes.js").Candidate} Candidate
 * @typedef {import("./shared/classes.js").Candidates} Candidates
 * @typedef {import("./shared/strokes.js").Strokes} Strokes
 * @typedef {import("./worker/load.js").Progress} Progress
 * @typedef {{topK?: number, signal?: AbortSignal}} Options
 * @typedef {Options & {pad?: import("./shared/homoglyphs.js").Pad}} StrokeOptions
 */

import { checkImage, checkPad, checkStrokes, checkTopK } from "./shared/strokes.js";

const DEFAULT_TOP_K = 10;
const ERRORS = Object.freeze({ TypeError, RangeError });

/**
 * Load a model and return what reads with it.
 *
 * @param {Object} [options]
 * @param {string | URL} [options.baseUrl] the model folder; "../model/" beside this library if left out
 * @param {string} [options.variant] a row of its manifest.json; the first if left out
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

/** Reads strokes and pictures, one after the other, in the order in which they were handed in. */
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
   * Return the most probable characters, the most probable first; none if there is no ink. The array's property
   * `unsure` tells that the ink is probably none of the model's characters.
   *
   * @param {Strokes} strokes [[[x, y], …], …], y down, any unit
   * @param {StrokeOptions} [options] topK: how many, 10 if left out; signal: aborts the job if it has not begun; pad:
   *   the size of what was written on, {width, height}, [0, 0] its upper left corner: tells っ from つ
   * @returns {Promise<Candidates>}
   * @throws {TypeError | RangeError} for strokes, a topK or a pad that are not what they should be.
   */
  async recognize(strokes, { topK = DEFAULT_TOP_K, pad, signal } = {}) {
    checkTopK(topK, this.numClasses);
    return this.#channel.ask({ kind: "strokes", strokes: checkStrokes(strokes), topK, pad: checkPad(pad) }, signal);
  }

  /**
   * Return the most probable characters for a picture of one character; none if it shows no ink.
   *
   * @param {ImageData} imageData dark on light or light on dark
   * @param {Options} [options] as for `recognize`
   * @returns {Promise<Candidates>}
   * @throws {TypeError | RangeError} for a picture or a topK that are not what they should be.
   */
  async recognizeImage(imageData, { topK = DEFAULT_TOP_K, signal } = {}) {
    checkTopK(topK, this.numClasses);
    return this.#channel.ask({ kind: "image", image: checkImage(imageData), topK }, signal);
  }

  /** End the worker. Promises that are still open, and all later ones, are rejected. */
  close() {
    this.#channel.close(new Error("The recognizer was closed: create a new one with createRecognizer()."));
  }
}

/** Questions to the worker, each with the promise that waits for its answer. */
class Channel {
  /** @type {Map<number, {resolve: (value: any) => void, reject: (error: unknown) => void}>} */
  #open = new Map();
  #nextId = 0;
  /** @type {unknown} why there will be no more answers */
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

  /** @param {unknown} reason what open and later questions are rejected with */
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
