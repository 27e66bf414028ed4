/**
 * Illumination correction of photographed paper. Mirrors kakitori/illumination.py, which explains the method and its
 * constants; equality is tested. Integer arithmetic throughout, below 2^53. Uses neither the document nor the inference
 * engine.
 */

const CELLS = 64;
const REACH = 9;
const BROAD = 2;

/**
 * @typedef {{levels: Float64Array, rows: number, columns: number}} Grid a level of each cell, row by row
 * @typedef {Grid & {most: number, least: number, range: number}} Paper the highest and lowest level, and their difference
 * @typedef {{first: number, second: number, near: number, far: number}} Neighbours two cells, with the weight of each
 */

/**
 * Return the sum and the number of pixels of each square of `side` pixels; the last squares may be cut off.
 *
 * @param {Int32Array} grey
 * @param {number} width
 * @param {number} height
 * @param {number} side
 * @returns {{sums: Float64Array, pixels: Float64Array, rows: number, columns: number}}
 */
function cellSums(grey, width, height, side) {
  const [rows, columns] = [Math.ceil(height / side), Math.ceil(width / side)];
  const [sums, pixels] = [new Float64Array(rows * columns), new Float64Array(rows * columns)];
  for (let y = 0, i = 0; y < height; y += 1) {
    for (let column = 0, at = Math.floor(y / side) * columns; column < columns; column += 1, at += 1) {
      const end = y * width + Math.min(width, (column + 1) * side);
      pixels[at] += end - i;
      for (; i < end; i += 1) sums[at] += grey[i];
    }
  }
  return { sums, pixels, rows, columns };
}

/**
 * Return the maximum of each level and its neighbours along its column, transposed.
 *
 * @param {Grid} grid
 * @returns {Grid}
 */
function maximumAlongColumns({ levels, rows, columns }) {
  const maxima = new Float64Array(rows * columns);
  for (let column = 0; column < columns; column += 1) {
    for (let row = 0; row < rows; row += 1) {
      const last = Math.min(rows - 1, row + REACH);
      let most = -Infinity;
      for (let at = Math.max(0, row - REACH); at <= last; at += 1) most = Math.max(most, levels[at * columns + column]);
      maxima[column * rows + row] = most;
    }
  }
  return { levels: maxima, rows: columns, columns: rows };
}

/** @param {Grid} grid @returns {Grid} */
const windowMaximum = (grid) => maximumAlongColumns(maximumAlongColumns(grid));
/** @param {Grid} grid @returns {Grid} */
const negated = (grid) => ({ ...grid, levels: grid.levels.map((level) => -level) });

/** Return the grey closing of cells. @param {Grid} cells @returns {Paper} */
function closing(cells) {
  const paper = negated(windowMaximum(negated(windowMaximum(cells))));
  const [most, least] = [Math.max(...paper.levels), Math.min(...paper.levels)];
  return { ...paper, most, least, range: most - least };
}

/**
 * Return the two cells between which each of `length` pixels lies, and their weights, which sum to 2 · side.
 *
 * @param {number} length
 * @param {number} side of a cell in pixels
 * @param {number} cells
 * @returns {Neighbours[]}
 */
function betweenCells(length, side, cells) {
  return Array.from({ length }, (_, pixel) => {
    const place = Math.min(Math.max(2 * pixel + 1 - side, 0), 2 * side * (cells - 1));
    const first = Math.floor(place / (2 * side));
    const rest = place - first * 2 * side;
    return { first, second: Math.min(first + 1, cells - 1), near: 2 * side - rest, far: rest };
  });
}

/**
 * Return a picture's levels divided by the light: the background level, relative to its highest.
 *
 * @param {Int32Array} picture
 * @param {number} width
 * @param {number} height
 * @param {Paper} paper
 * @param {number} side of a cell in pixels
 * @param {number} white
 * @returns {Int32Array}
 */
function divide(picture, width, height, paper, side, white) {
  const corrected = new Int32Array(picture.length);
  const across = betweenCells(width, side, paper.columns);
  const line = new Float64Array(paper.columns);
  betweenCells(height, side, paper.rows).forEach(({ first, second, near, far }, row) => {
    for (let at = 0; at < paper.columns; at += 1) {
      line[at] = paper.levels[first * paper.columns + at] * near + paper.levels[second * paper.columns + at] * far;
    }
    for (let column = 0, i = row * width; column < width; column += 1, i += 1) {
      const place = across[column];
      const light = Math.floor((line[place.first] * place.near + line[place.second] * place.far) / (2 * side) ** 2);
      corrected[i] = Math.min(white, Math.floor((picture[i] * paper.most) / light));
    }
  });
  return corrected;
}

/**
 * Return a picture whose background is everywhere as bright as at its brightest: `grey` itself where the background is
 * even, a negative where ink is lighter than paper.
 *
 * @param {Int32Array} grey height × width, in [0, white]
 * @param {number} width
 * @param {number} height
 * @param {number} white at most 2^26
 * @param {number} tolerance in levels of grey; a background that varies by less is even
 * @returns {Int32Array}
 */
export function correctIllumination(grey, width, height, white, tolerance) {
  const side = Math.ceil(Math.max(width, height) / CELLS);
  const { sums, pixels, rows, columns } = cellSums(grey, width, height, side);
  const darkInk = closing({ levels: sums.map((sum, at) => Math.floor(sum / pixels[at])), rows, columns });
  const lightInk = closing({ levels: sums.map((sum, at) => white - Math.ceil(sum / pixels[at])), rows, columns });
  const paper = lightInk.range < darkInk.range ? lightInk : darkInk;
  if (paper.range < tolerance || paper.most >= BROAD * paper.least) return grey;
  const picture = paper === lightInk ? grey.map((level) => white - level) : grey;
  return divide(picture, width, height, paper, side, white);
}
