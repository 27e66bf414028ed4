/**
 * The box of a character in a picture, without dust and the lines of its cell: the mirror of kakitori/speckle.py, where
 * the method and its numbers are explained. Whole numbers throughout. Touches neither the document nor the runtime.
 */

const [DUST, GRAIN, GRAIN_DUST] = [200, 3, 40];
const DUSTY = 4;
const INWARD = 20;
const EDGE = 16;
const LONG = [9, 10];

/** @typedef {{top: number, bottom: number, left: number, right: number}} Box bottom and right excluded */
/** @typedef {Box & {pixels: number, inside: number}} Piece its pixels, and those not in the picture's edge */

/** Return the pieces of the ink, each of the pixels that touch one another. @returns {Piece[]} */
function findPieces(ink, width, height) {
  const edgeY = Math.max(1, Math.floor(height / EDGE));
  const edgeX = Math.max(1, Math.floor(width / EDGE));
  const seen = new Uint8Array(ink.length);
  const stack = new Int32Array(ink.length);
  const pieces = [];
  for (let start = 0; start < ink.length; start += 1) {
    if (!ink[start] || seen[start]) continue;
    const piece = { top: height, bottom: 0, left: width, right: 0, pixels: 0, inside: 0 };
    let count = 1;
    stack[0] = start;
    seen[start] = 1;
    while (count) {
      count -= 1;
      const [y, x] = [Math.floor(stack[count] / width), stack[count] % width];
      piece.top = Math.min(piece.top, y);
      piece.bottom = Math.max(piece.bottom, y + 1);
      piece.left = Math.min(piece.left, x);
      piece.right = Math.max(piece.right, x + 1);
      piece.pixels += 1;
      if (edgeY <= y && y < height - edgeY && edgeX <= x && x < width - edgeX) piece.inside += 1;
      for (let nearY = Math.max(0, y - 1); nearY < Math.min(height, y + 2); nearY += 1) {
        for (let nearX = Math.max(0, x - 1); nearX < Math.min(width, x + 2); nearX += 1) {
          const near = nearY * width + nearX;
          if (!ink[near] || seen[near]) continue;
          seen[near] = 1;
          stack[count] = near;
          count += 1;
        }
      }
    }
    pieces.push(piece);
  }
  return pieces;
}

/**
 * Return the box of the character in a picture's ink.
 *
 * @param {Uint8Array} ink 1 where there is ink, row by row; at least one pixel is
 * @returns {Box}
 */
export function findBox(ink, width, height) {
  const pieces = findPieces(ink, width, height);
  const count = (some) => some.reduce((sum, piece) => sum + piece.pixels, 0);
  const total = count(pieces);
  const isSmall = ({ pixels }) =>
    pixels * DUST < total || (pixels <= GRAIN && pixels * GRAIN_DUST < total);
  const isStrewn = count(pieces.filter(isSmall)) * DUSTY > total;
  const isLine = ({ top, bottom, left, right, pixels, inside }) =>
    inside * INWARD <= pixels &&
    ((bottom - top) * LONG[1] >= height * LONG[0] || (right - left) * LONG[1] >= width * LONG[0]);
  const clean = isStrewn ? pieces : pieces.filter((piece) => !isSmall(piece));
  const rest = clean.filter((piece) => !isLine(piece));
  const isCutClose = rest.length === 0 || rest.some(({ inside, pixels }) => inside < pixels);
  const kept = isCutClose ? clean : rest;
  return {
    top: Math.min(...kept.map((piece) => piece.top)),
    bottom: Math.max(...kept.map((piece) => piece.bottom)),
    left: Math.min(...kept.map((piece) => piece.left)),
    right: Math.max(...kept.map((piece) => piece.right)),
  };
}
