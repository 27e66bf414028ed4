import { noCandidates } from "../shared/candidates.js";

/**
 * @import { Candidates } from "../shared/candidates.js"
 * @import { Pad } from "../shared/homoglyphs.js"
 * @import { Strokes } from "../shared/strokes.js"
 *
 * @typedef {{topK: number, pad: Pad, signal: AbortSignal}} Options
 * @typedef {{recognize: (strokes: Strokes, options: Options) => Promise<Candidates>}} StrokeRecognizer
 */

/** Requests the candidates of a pad's ink: newer ink aborts the request of older ink, and late answers are dropped. */
export class Reader {
  /** @type {AbortController | null} */
  #current = null;
  #onCandidates;
  #onError;

  /** @param {(candidates: Candidates) => void} onCandidates @param {(error: unknown) => void} onError */
  constructor(onCandidates, onError) {
    this.#onCandidates = onCandidates;
    this.#onError = onError;
  }

  /** @param {StrokeRecognizer | null} recognizer @param {Strokes} strokes @param {number} topK @param {Pad} pad */
  async read(recognizer, strokes, topK, pad) {
    this.#current?.abort();
    this.#current = null;
    if (strokes.length === 0) {
      this.#onCandidates(noCandidates());
      return;
    }
    if (recognizer === null) return; // requested again when it is set
    const controller = new AbortController();
    this.#current = controller;
    try {
      const candidates = await recognizer.recognize(strokes, { topK, pad, signal: controller.signal });
      if (this.#current === controller) this.#onCandidates(candidates);
    } catch (error) {
      if (this.#current === controller) this.#onError(error);
    }
  }
}
