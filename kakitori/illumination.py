"""The light on photographed paper: found, and evened out before ink is looked for.

    cells       the picture's mean grey in squares, up to 64 of them along its longer side
    paper       a grey closing of the cells (the brightest of a window about each, then the darkest of those): it
                fills in ink, which is narrower than the window, and keeps the slopes and edges of a shadow
    polarity    the same of the negative: where ink is lighter than paper, its closing is the evener of the two
    light       the paper between the centres of the cells, bilinear; each pixel is divided by it

Paper that is even to within what a picture must differ by to show ink is left as it is, to the bit. So is paper that
would be less than half as bright in one place as in another: that is broad ink.

Whole numbers throughout. Mirrored by web/static/kakitori/shared/illumination.js; equality is tested.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

CELLS = 64  # along the longer side, as many as the network's image has pixels: a cell is about as wide as a thin stroke
# Cells on each side of one in its window. Of 373 drawings photographed by `training.evaluation.photo`, strict.int8
# reads 99.2 % at reach 6 to 9, 98.7 % at 10 and 98.1 % at 12, where a dark corner is smaller than the window and taken
# for ink. A small reach takes broad ink for paper: pale strokes of 14 % of the side on even paper, read in 69.5 % of
# the cases if left alone, are in 67.9 % at 10, 64.2 % at 9 and 60.4 % at 8; strokes of 10 % in 97.9 % at 9, for 98.4 %.
REACH = 9
# Brightest by darkest paper. In those photographs at most 1.61 (from 1.7 on all of the 99.2 % are read, at 1.5 93.0 %);
# where dark ink is so broad that it passes for paper, mostly more.
BROAD = 2


def correct_illumination(grey: np.ndarray, white: int, tolerance: int) -> np.ndarray:
    """Return a picture with the light on its paper as it is where that is brightest.

    Args:
        grey: (H, W) int32 in [0, white]; dark on light or light on dark.
        white: at most 2**26.
        tolerance: in levels of grey; paper that varies by less is even.

    Returns:
        (H, W) int32 in [0, white]: `grey` itself where its paper is even; a negative where ink is lighter than paper.
    """
    side = -(-max(grey.shape) // CELLS)
    pictures = (grey, white - grey)
    papers = [_close(_cell_means(picture, side)) for picture in pictures]
    picture, paper = min(zip(pictures, papers, strict=True), key=lambda pair: np.ptp(pair[1]))
    brightest = paper.max()
    if np.ptp(paper) < tolerance or brightest >= BROAD * paper.min():
        return grey
    light = _between_cells(_between_cells(paper, len(grey), side).T, grey.shape[1], side).T // (2 * side) ** 2
    return np.minimum(picture.astype(np.int64) * brightest // light, white).astype(np.int32)


def _cell_means(picture: np.ndarray, side: int) -> np.ndarray:
    """Return the mean of each square of `side` pixels, (rows, columns) int64, rounded down; the last may be cut off."""
    rows, columns = (np.arange(0, length, side) for length in picture.shape)
    sums = np.add.reduceat(np.add.reduceat(picture.astype(np.int64), rows, axis=0), columns, axis=1)
    heights, widths = (np.minimum(side, length - np.arange(0, length, side)) for length in picture.shape)
    return sums // np.outer(heights, widths)


def _close(cells: np.ndarray) -> np.ndarray:
    """Return the grey closing of cells (rows, columns) over square windows, as far as these lie within the picture."""
    return -_brightest(-_brightest(cells))


def _brightest(cells: np.ndarray) -> np.ndarray:
    """Return the brightest of the window about each cell, (rows, columns)."""
    for _ in range(2):
        beyond = np.pad(cells, ((REACH, REACH), (0, 0)), mode="edge")
        cells = sliding_window_view(beyond, 2 * REACH + 1, axis=0).max(axis=-1).T
    return cells


def _between_cells(paper: np.ndarray, length: int, side: int) -> np.ndarray:
    """Return 2 · side times the levels (rows, columns) int64 of cells at `length` pixels down their rows."""
    place = np.clip(2 * np.arange(length) + 1 - side, 0, 2 * side * (len(paper) - 1))
    first, rest = np.divmod(place, 2 * side)
    second = np.minimum(first + 1, len(paper) - 1)
    return paper[first] * (2 * side - rest[:, None]) + paper[second] * rest[:, None]
