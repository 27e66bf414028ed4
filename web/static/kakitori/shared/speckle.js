/**
 * The bounding box of a character in a binary picture, without speckle and ruled lines. Mirrors kakitori/speckle.py,
 * which explains the method and its constants; equality is tested. Integer arithmetic throughout. Uses neither the
 * document nor the inference engine.
 */

const SPECKLE = 200;
const [TINY, TINY_SPECKLE] = [3, 40];
const FRAGMENTED = 4;
const INWARD = 20;
const EDGE = 16;
const LONG = [9, 10];

/** @typedef {{top: number, bottom: number, left: number, right: number}} Box bottom and right excluded */
/** @typedef {Box & {pixels: number, inside: number}} Component the number of its pixels, and of those not in the edge */

/**
 * Return the 8-connected components of the ink.
 *
 * @param {Uint8Array} ink
 * @param {number} width
 * @param {number} height
 * @returns {Component[]}
 */
function findComponents(ink, width, height) {
  const edgeY = Math.max(1, Math.floor(height / EDGE));
  const edgeX = Math.max(1, Math.floor(width / EDGE));
  const seen = new Uint8Array(ink.length);
  const stack = new Int32Array(ink.length);
  const components = [];
  for (let start = 0; start < ink.length; start += 1) {
    if (!ink[start] || seen[start]) continue;
    const component = { top: height, bottom: 0, left: width, right: 0, pixels: 0, inside: 0 };
    let count = 1;
    stack[0] = start;
    seen[start] = 1;
    while (count) {
      count -= 1;
      const [y, x] = [Math.floor(stack[count] / width), stack[count] % width];
      component.top = Math.min(component.top, y);
      component.bottom = Math.max(component.bottom, y + 1);
      component.left = Math.min(component.left, x);
      component.right = Math.max(component.right, x + 1);
      component.pixels += 1;
      if (edgeY <= y && y < height - edgeY && edgeX <= x && x < width - edgeX) component.inside += 1;
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
    components.push(component);
  }
  return components;
}

/**
 * Return the bounding box of the character in a picture's ink.
 *
 * @param {Uint8Array} ink 1 where there is ink, row by row; at least one pixel is
 * @param {number} width
 * @param {number} height
 * @returns {Box}
 */
export function findBox(ink, width, height) {
  const components = findComponents(ink, width, height);
  /** @param {Component[]} some */
  const count = (some) => some.reduce((sum, component) => sum + component.pixels, 0);
  const total = count(components);
  /** @param {Component} component */
  const isSpeckle = ({ pixels }) =>
    pixels * SPECKLE < total || (pixels <= TINY && pixels * TINY_SPECKLE < total);
  const isFragmented = count(components.filter(isSpeckle)) * FRAGMENTED > total;
  /** @param {Component} component */
  const isLine = ({ top, bottom, left, right, pixels, inside }) =>
    inside * INWARD <= pixels &&
    ((bottom - top) * LONG[1] >= height * LONG[0] || (right - left) * LONG[1] >= width * LONG[0]);
  const clean = isFragmented ? components : components.filter((component) => !isSpeckle(component));
  const rest = clean.filter((component) => !isLine(component));
  const isCropped = rest.length === 0 || rest.some(({ inside, pixels }) => inside < pixels);
  /** @type {Box[]} */
  const kept = isCropped ? clean : rest;
  return kept.reduce((box, { top, bottom, left, right }) => ({
    top: Math.min(box.top, top),
    bottom: Math.max(box.bottom, bottom),
    left: Math.min(box.left, left),
    right: Math.max(box.right, right),
  }));
}
