import { noCandidates } from "../shared/candidates.js";

/**
 * @import { Result } from "../shared/candidates.js"
 * @import { Pad } from "../shared/homoglyphs.js"
 * @import { Strokes } from "../shared/strokes.js"
 *
 * @typedef {{topK: number, pad: Pad, signal: AbortSignal}} Options
 * @typedef {{recognize: (strokes: Strokes, options: Options) => Promise<Result>}} StrokeRecognizer
 */

/** Requests the candidates of a pad's ink: newer ink aborts the request of older ink, and late answers are dropped. */
export class Reader {
  /** @type {AbortController | null} */
  #current = null;
  #onResult;
  #onError;

  /** @param {(result: Result) => void} onResult @param {(error: unknown) => void} onError */
  constructor(onResult, onError) {
    this.#onResult = onResult;
    this.#onError = onError;
  }

  /** @param {StrokeRecognizer | null} recognizer @param {Strokes} strokes @param {number} topK @param {Pad} pad */
  async read(recognizer, strokes, topK, pad) {
    this.#current?.abort();
    this.#current = null;
    if (strokes.length === 0) {
      this.#onResult(noCandidates());
      return;
    }
    if (recognizer === null) return; // requested again when it is set
    const controller = new AbortController();
    this.#current = controller;
    try {
      const result = await recognizer.recognize(strokes, { topK, pad, signal: controller.signal });
      if (this.#current === controller) this.#onResult(result);
    } catch (error) {
      if (this.#current === controller) this.#onError(error);
    }
  }
}
