/**
 * A square to write one character in.
 *
 *   properties  strokes     [[[x, y], …], …] in thousandths of the side; may be set
 *               recognizer  from createRecognizer(); without one the pad only collects ink
 *               candidates, unsure  of the current ink (read only)
 *               canUndo, canRedo (read only)
 *   attributes  top-k       number of candidates, default 9;  label  the accessible name
 *   methods     undo(), redo(), clear(), choose(position), handleKey(event)
 *   events      candidates  detail: {candidates, unsure}, after every change of the ink
 *               select      detail: Candidate, chosen by a key or by choose()
 *               ink         the strokes changed
 *               failure     detail: Error, where the ink could not be recognized
 *   keys        Ctrl/Cmd+Z undo, with Shift redo, Escape or Delete clear, 1-9 choose
 */

/**
 * @import { Recognizer } from "./index.js"
 * @import { Candidate, Result } from "./shared/candidates.js"
 * @import { AnyStrokes, Point, Stroke, Strokes } from "./shared/strokes.js"
 *
 * @typedef {Object} KanjiPadEventMap the pad's own events; all bubble
 * @property {CustomEvent<Result>} candidates
 * @property {CustomEvent<Candidate>} select
 * @property {CustomEvent<null>} ink
 * @property {CustomEvent<Error>} failure
 *
 * @typedef {<T extends keyof KanjiPadEventMap>(
 *   type: T, listener: (event: KanjiPadEventMap[T]) => void, options?: boolean | AddEventListenerOptions) => void} AddListener
 * @typedef {<T extends keyof KanjiPadEventMap>(
 *   type: T, listener: (event: KanjiPadEventMap[T]) => void, options?: boolean | EventListenerOptions) => void} RemoveListener
 * @typedef {{addEventListener: AddListener, removeEventListener: RemoveListener} & HTMLElement} PadElement
 */

import { History } from "./pad/history.js";
import { paint, SIDE } from "./pad/paint.js";
import { Pen } from "./pad/pen.js";
import { Reader } from "./pad/reader.js";
import { sheet } from "./pad/style.js";
import { announcement } from "./pad/words.js";
import { noCandidates } from "./shared/candidates.js";
import { checkStrokes } from "./shared/strokes.js";

const DEFAULT_TOP_K = 9;
const DEFAULT_LABEL = "Writing square. Draw one character with a pointer; keys 1 to 9 choose a candidate.";
/** Candidates are announced after a pause in writing, not after every stroke. */
const ANNOUNCE_MS = 900;

/** HTMLElement, with the types of the pad's events. */
const TypedElement = /** @type {{new (): PadElement, prototype: PadElement}} */ (HTMLElement);

/** The element <kanji-pad>; this module registers it. */
export class KanjiPad extends TypedElement {
  static observedAttributes = ["label"];

  #history = new History();
  /** @type {Recognizer | null} */
  #recognizer = null;
  #result = noCandidates();
  /** @type {Stroke | null} the stroke that is being drawn */
  #wet = null;
  #canvas = document.createElement("canvas");
  #status = document.createElement("div");
  #frame = 0;
  #announcing = 0;
  #scheme = matchMedia("(prefers-color-scheme: dark)");
  #repaint = () => this.#schedule();
  #sizes = new ResizeObserver(this.#repaint);
  #reader = new Reader((result) => this.#show(result), (error) => this.#fail(error));

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet];
    this.#status.setAttribute("role", "status");
    this.#canvas.setAttribute("aria-hidden", "true");
    this.#canvas.setAttribute("part", "canvas");
    root.append(this.#canvas, this.#status);
    this.addEventListener("keydown", (event) => this.handleKey(event));
    new Pen(this.#canvas, {
      locate: (event) => this.#locate(event),
      onMove: (stroke) => this.#draw(stroke),
      onEnd: (stroke) => this.#finish(stroke),
      onCancel: () => this.#draw(null),
    });
  }

  /** Called by the browser when the pad enters a document. */
  connectedCallback() {
    if (!this.hasAttribute("tabindex")) this.tabIndex = 0;
    if (!this.hasAttribute("role")) this.setAttribute("role", "application");
    this.#name();
    this.#sizes.observe(this);
    this.#scheme.addEventListener("change", this.#repaint);
    this.#schedule();
  }

  /** Called by the browser when the pad leaves its document. */
  disconnectedCallback() {
    this.#sizes.disconnect();
    this.#scheme.removeEventListener("change", this.#repaint);
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#announcing);
    this.#frame = 0;
  }

  /** Called by the browser when an attribute in `observedAttributes` changes. */
  attributeChangedCallback() {
    this.#name();
  }

  /** @returns {Strokes} a copy, in thousandths of the side */
  get strokes() {
    return checkStrokes(this.#history.strokes);
  }

  /** @param {AnyStrokes} strokes @throws {TypeError | RangeError} for a value that is not a list of strokes. */
  set strokes(strokes) {
    this.#change(checkStrokes(strokes));
  }

  /** @returns {Recognizer | null} */
  get recognizer() {
    return this.#recognizer;
  }

  /** @param {Recognizer | null | undefined} recognizer */
  set recognizer(recognizer) {
    this.#recognizer = recognizer ?? null;
    this.#changed();
  }

  /** @returns {Candidate[]} a copy */
  get candidates() {
    return [...this.#result.candidates];
  }

  /** @returns {boolean} whether the ink is probably none of the model's classes; true where there is none */
  get unsure() {
    return this.#result.unsure;
  }

  /** @returns {boolean} */
  get canUndo() {
    return this.#history.canUndo;
  }

  /** @returns {boolean} */
  get canRedo() {
    return this.#history.canRedo;
  }

  /** Restore the ink before the last change; without effect where `canUndo` is false. */
  undo() {
    if (this.#history.undo()) this.#changed();
  }

  /** Restore what `undo` removed; without effect where `canRedo` is false. */
  redo() {
    if (this.#history.redo()) this.#changed();
  }

  /** Remove all ink; `undo` restores it. */
  clear() {
    if (this.#history.strokes.length > 0) this.#change([]);
  }

  /** Choose a candidate by its position, from 0; without effect where there is none. @param {number} position */
  choose(position) {
    const candidate = this.#result.candidates[position];
    if (candidate) this.#emit("select", candidate);
  }

  /**
   * Perform the action of a key. A page may pass keys that were pressed outside the pad.
   *
   * @param {KeyboardEvent} event
   * @returns {boolean} whether the key has an action; its default is then prevented
   */
  handleKey(event) {
    const command = event.ctrlKey || event.metaKey;
    if (event.defaultPrevented || event.altKey) return false;
    if (command && event.key.toLowerCase() === "z") (event.shiftKey ? this.redo() : this.undo());
    else if (command) return false;
    else if (event.key === "Escape" || event.key === "Delete") this.clear();
    else if (/^[1-9]$/.test(event.key)) this.choose(Number(event.key) - 1);
    else return false;
    event.preventDefault();
    return true;
  }

  /** @param {Strokes} strokes */
  #change(strokes) {
    this.#history.push(strokes);
    this.#changed();
  }

  #changed() {
    this.#schedule();
    this.#emit("ink", null);
    const topK = Number(this.getAttribute("top-k") ?? DEFAULT_TOP_K);
    void this.#reader.read(this.#recognizer, this.#history.strokes, topK, { width: SIDE, height: SIDE });
  }

  /** @param {Stroke | null} stroke */
  #draw(stroke) {
    if (stroke?.length === 1) this.focus({ preventScroll: true });
    this.#wet = stroke;
    this.#schedule();
  }

  /** @param {Stroke} stroke */
  #finish(stroke) {
    this.#wet = null;
    this.#change([...this.#history.strokes, stroke]);
  }

  /** @param {Result} result */
  #show(result) {
    this.#result = result;
    this.#emit("candidates", result);
    clearTimeout(this.#announcing);
    this.#announcing = setTimeout(() => {
      this.#status.textContent = announcement(result);
    }, ANNOUNCE_MS);
  }

  /** Remove the candidates, which belong to older ink, and report the error. @param {unknown} error */
  #fail(error) {
    this.#show(noCandidates());
    this.#emit("failure", error instanceof Error ? error : new Error(String(error)));
  }

  /** @template {keyof KanjiPadEventMap} T @param {T} type @param {KanjiPadEventMap[T]["detail"]} detail */
  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true }));
  }

  #name() {
    this.setAttribute("aria-label", this.getAttribute("label") ?? DEFAULT_LABEL);
  }

  /** @param {PointerEvent} event @returns {Point} */
  #locate(event) {
    const box = this.#canvas.getBoundingClientRect();
    return [((event.clientX - box.left) * SIDE) / box.width, ((event.clientY - box.top) * SIDE) / box.height];
  }

  #schedule() {
    if (this.#frame || !this.isConnected) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#paint();
    });
  }

  #paint() {
    const pixels = Math.round(this.#canvas.clientWidth * devicePixelRatio);
    if (pixels === 0) return;
    if (this.#canvas.width !== pixels) this.#canvas.width = this.#canvas.height = pixels;
    const { color: ink, borderTopColor: guide } = getComputedStyle(this.#canvas);
    const strokes = this.#wet ? [...this.#history.strokes, this.#wet] : this.#history.strokes;
    const context = this.#canvas.getContext("2d");
    if (context) paint(context, pixels, strokes, { ink, guide });
  }
}

customElements.define("kanji-pad", KanjiPad);
