/** Paints a pad on a canvas: the guide lines of the square and the ink. */

/**
 * @import { Stroke } from "../shared/strokes.js"
 *
 * @typedef {{ink: string, guide: string}} Colours
 */

/** Strokes are kept in thousandths of the pad's side, so that they survive a resize. */
export const SIDE = 1000;
const PEN_WIDTH = 34;
const GUIDE_WIDTH = 2.2;
const GUIDE_DASH = Object.freeze([11, 13]);

/**
 * Clear the canvas, and draw the guide lines and the strokes.
 *
 * @param {CanvasRenderingContext2D} context of a square canvas
 * @param {number} pixels the canvas's side in device pixels
 * @param {Stroke[]} strokes in thousandths of the side
 * @param {Colours} colours
 */
export function paint(context, pixels, strokes, colours) {
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, pixels, pixels);
  context.scale(pixels / SIDE, pixels / SIDE);
  paintGuides(context, pixels, colours.guide);
  context.setLineDash([]);
  context.lineCap = "round";
  context.lineJoin = "round";
  context.lineWidth = PEN_WIDTH;
  context.strokeStyle = colours.ink;
  context.fillStyle = colours.ink;
  for (const stroke of strokes) paintStroke(context, stroke);
}

/**
 * Draw the dashed cross of a practice square, at least one device pixel wide.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {number} pixels
 * @param {string} colour
 */
function paintGuides(context, pixels, colour) {
  context.strokeStyle = colour;
  context.lineCap = "butt";
  context.lineWidth = Math.max(GUIDE_WIDTH, SIDE / pixels);
  context.setLineDash([...GUIDE_DASH]);
  context.beginPath();
  for (const [x1, y1, x2, y2] of [[SIDE / 2, 0, SIDE / 2, SIDE], [0, SIDE / 2, SIDE, SIDE / 2]]) {
    context.moveTo(x1, y1);
    context.lineTo(x2, y2);
  }
  context.stroke();
}

/**
 * Draw quadratic curves through the middles of the segments, with the points as control points: no corners.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Stroke} stroke at least one point
 */
function paintStroke(context, stroke) {
  context.beginPath();
  const [first, last] = [stroke[0], stroke[stroke.length - 1]];
  if (stroke.every(([x, y]) => x === first[0] && y === first[1])) {
    context.arc(first[0], first[1], PEN_WIDTH / 2, 0, 2 * Math.PI);
    context.fill();
    return;
  }
  context.moveTo(...first);
  for (let i = 1; i + 1 < stroke.length; i += 1) {
    const [[x, y], [nextX, nextY]] = [stroke[i], stroke[i + 1]];
    context.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
  }
  context.lineTo(...last);
  context.stroke();
}
