/**
 * Turns the pointer events of a pen, finger or mouse into one stroke at a time. A second finger is ignored; so is touch
 * (a resting palm) while a pen draws, and for PALM_MS after its last event.
 */

/**
 * @import { Point, Stroke } from "../shared/strokes.js"
 *
 * @typedef {Object} PenListener
 * @property {(event: PointerEvent) => Point} locate the position of an event in the pad's unit
 * @property {(stroke: Stroke) => void} onMove the stroke so far
 * @property {(stroke: Stroke) => void} onEnd
 * @property {() => void} onCancel
 */

/** A palm often touches shortly before or after the pen. */
const PALM_MS = 600;

/** The listener of a surface's pointer events. */
export class Pen {
  #surface;
  #listener;
  /** @type {number | null} */
  #pointerId = null;
  #pointerType = "";
  #lastPenTime = -Infinity;
  /** @type {Stroke} */
  #stroke = [];

  /** @param {HTMLElement} surface @param {PenListener} listener */
  constructor(surface, listener) {
    this.#surface = surface;
    this.#listener = listener;
    surface.addEventListener("pointerdown", (event) => this.#down(event));
    surface.addEventListener("pointermove", (event) => this.#move(event));
    surface.addEventListener("pointerup", (event) => this.#up(event));
    surface.addEventListener("pointercancel", (event) => this.#cancel(event));
    // Fired also where no pointerup comes, for example when the window loses the pointer.
    surface.addEventListener("lostpointercapture", (event) => this.#up(event));
    // Without this, Safari scrolls, and shows its callout on a long press.
    surface.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
    surface.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  /** @returns {boolean} whether a pointer draws */
  get isDown() {
    return this.#pointerId !== null;
  }

  /** @param {PointerEvent} event */
  #down(event) {
    const isPen = event.pointerType === "pen";
    const isPalm = event.pointerType === "touch" && event.timeStamp - this.#lastPenTime < PALM_MS;
    const penOverFinger = isPen && this.#pointerType === "touch";
    if (event.button !== 0 || isPalm || (this.isDown && !penOverFinger)) return;
    if (this.isDown) this.#listener.onCancel();
    if (isPen) this.#lastPenTime = event.timeStamp;
    [this.#pointerId, this.#pointerType] = [event.pointerId, event.pointerType];
    this.#surface.setPointerCapture(event.pointerId);
    this.#stroke = [this.#listener.locate(event)];
    this.#listener.onMove(this.#stroke);
  }

  /** @param {PointerEvent} event */
  #move(event) {
    if (event.pointerId !== this.#pointerId) return;
    if (event.pointerType === "pen") this.#lastPenTime = event.timeStamp;
    const steps = event.getCoalescedEvents?.() ?? [];
    for (const step of steps.length > 0 ? steps : [event]) this.#add(this.#listener.locate(step));
    this.#listener.onMove(this.#stroke);
  }

  /** @param {PointerEvent} event */
  #up(event) {
    if (event.pointerId !== this.#pointerId) return;
    if (event.type === "pointerup") this.#add(this.#listener.locate(event));
    this.#pointerId = null;
    this.#listener.onEnd(this.#stroke);
  }

  /** @param {PointerEvent} event */
  #cancel(event) {
    if (event.pointerId !== this.#pointerId) return;
    this.#pointerId = null;
    this.#listener.onCancel();
  }

  /** @param {Point} point */
  #add(point) {
    const [x, y] = this.#stroke[this.#stroke.length - 1];
    if (point[0] !== x || point[1] !== y) this.#stroke.push(point);
  }
}
