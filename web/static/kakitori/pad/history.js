/**
 * What can be undone. Every state is a list of strokes that is never changed, so undoing also brings back what was
 * cleared. Touches neither the document nor the runtime.
 *
 * @typedef {import("../shared/strokes.js").Strokes} Strokes
 */
export class History {
  /** @type {Strokes[]} */
  #states = [[]];
  #at = 0;

  /** @returns {Strokes} */
  get strokes() {
    return this.#states[this.#at];
  }

  get canUndo() {
    return this.#at > 0;
  }

  get canRedo() {
    return this.#at < this.#states.length - 1;
  }

  /** Make these the strokes now, and forget what was undone. @param {Strokes} strokes */
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
