import { noCandidates } from "../shared/classes.js";

/**
 * Keeps a pad's candidates up to date: new ink aborts the reading of old ink, and an answer that comes late is dropped.
 *
 * @typedef {import("../shared/classes.js").Candidates} Candidates
 * @typedef {import("../shared/homoglyphs.js").Pad} Pad
 * @typedef {import("../shared/strokes.js").Strokes} Strokes
 * @typedef {{recognize: (strokes: Strokes, options: {topK: number, pad: Pad, signal: AbortSignal}) => Promise<Candidates>}} ScoredAnswers
 */
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

  /** @param {ScoredAnswers | null} recognizer @param {Strokes} strokes @param {number} topK @param {Pad} pad */
  async read(recognizer, strokes, topK, pad) {
    this.#current?.abort();
    this.#current = null;
    if (strokes.length === 0) {
      this.#onCandidates(noCandidates());
      return;
    }
    if (recognizer === null) return; // read as soon as there is one
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
