/** @import { Strokes } from "../shared/strokes.js" */

/**
 * Undo and redo. Each state is a list of strokes that is never changed, so that clearing can be undone too.
 * Uses neither the document nor the inference engine.
 */
export class History {
  /** @type {Strokes[]} */
  #states = [[]];
  #at = 0;

  /** @returns {Strokes} */
  get strokes() {
    return this.#states[this.#at];
  }

  /** @returns {boolean} */
  get canUndo() {
    return this.#at > 0;
  }

  /** @returns {boolean} */
  get canRedo() {
    return this.#at < this.#states.length - 1;
  }

  /** Set the current strokes, and drop the states that were undone. @param {Strokes} strokes */
  push(strokes) {
    this.#states.length = this.#at + 1;
    this.#states.push(strokes);
    this.#at += 1;
  }

  /** @returns {boolean} whether anything changed */
  undo() {
    if (!this.canUndo) return false;
    this.#at -= 1;
    return true;
  }

  /** @returns {boolean} whether anything changed */
  redo() {
    if (!this.canRedo) return false;
    this.#at += 1;
    return true;
  }
}
