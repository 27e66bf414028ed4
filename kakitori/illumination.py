"""Illumination correction of photographed paper, before ink is detected.

    cells       mean grey of square blocks, at most CELLS along the longer side
    paper       grey closing of the cells: maximum, then minimum, over windows of 2·REACH + 1 cells. It fills in ink,
                which is narrower than the window, and keeps the slopes and edges of shadows
    polarity    the closing of the negative is computed too; the one with the smaller range is the paper, so that ink
                may be lighter than paper
    light       bilinear interpolation of the paper between the centres of the cells; each pixel is divided by it

The picture is returned unchanged, to the bit, where the range of its paper is below `tolerance`, and where the paper's
maximum is at least BROAD times its minimum: such a difference is broad ink.

Integer arithmetic throughout. Mirrored by web/static/kakitori/shared/illumination.js; equality is tested.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

CELLS = 64  # as many as the network's image has pixels along its side: a cell is about as wide as a thin stroke
# Cells of the window on each side of its middle cell. A larger reach takes dark corners for ink, and a smaller one
# takes broad ink for paper: docs/measurements.md#illumination.
REACH = 9
BROAD = 2  # maximum of the paper divided by its minimum; uneven light stays below: docs/measurements.md#illumination


def correct_illumination(grey: np.ndarray, white: int, tolerance: int) -> np.ndarray:
    """Return a picture whose paper is everywhere as bright as at its brightest.

    Args:
        grey: (H, W) int32 in [0, white]; dark on light or light on dark.
        white: level of white, at most 2**26.
        tolerance: in levels; paper whose range is below is even.

    Returns:
        (H, W) int32 in [0, white]: `grey` itself where the paper is even; a negative where ink is lighter than paper.
    """
    side = -(-max(grey.shape) // CELLS)
    pictures = (grey, white - grey)
    papers = [_closing(_cell_means(picture, side)) for picture in pictures]
    picture, paper = min(zip(pictures, papers, strict=True), key=lambda pair: np.ptp(pair[1]))
    brightest = paper.max()
    if np.ptp(paper) < tolerance or brightest >= BROAD * paper.min():
        return grey
    light = _between_cells(_between_cells(paper, len(grey), side).T, grey.shape[1], side).T // (2 * side) ** 2
    lit: np.ndarray = np.minimum(picture.astype(np.int64) * brightest // light, white).astype(np.int32)
    return lit


def _cell_means(picture: np.ndarray, side: int) -> np.ndarray:
    """Return the mean of each square of `side` pixels, (rows, columns) int64, rounded down; the last may be smaller."""
    rows, columns = (np.arange(0, length, side) for length in picture.shape)
    sums = np.add.reduceat(np.add.reduceat(picture.astype(np.int64), rows, axis=0), columns, axis=1)
    heights, widths = (np.minimum(side, length - np.arange(0, length, side)) for length in picture.shape)
    return sums // np.outer(heights, widths)


def _closing(cells: np.ndarray) -> np.ndarray:
    """Return the grey closing of cells (rows, columns) over square windows, cut off at the picture's border."""
    return -_window_maximum(-_window_maximum(cells))


def _window_maximum(cells: np.ndarray) -> np.ndarray:
    """Return the maximum of the window around each cell, (rows, columns)."""
    for _ in range(2):
        beyond = np.pad(cells, ((REACH, REACH), (0, 0)), mode="edge")
        cells = sliding_window_view(beyond, 2 * REACH + 1, axis=0).max(axis=-1).T
    return cells


def _between_cells(paper: np.ndarray, length: int, side: int) -> np.ndarray:
    """Return (length, columns) int64: 2 · side times the levels, interpolated at `length` pixels along the rows.

    Args:
        paper: (rows, columns) int64, levels at the centres of the cells.
        length: in pixels.
        side: of a cell, in pixels.
    """
    place = np.clip(2 * np.arange(length) + 1 - side, 0, 2 * side * (len(paper) - 1))
    first, rest = np.divmod(place, 2 * side)
    second = np.minimum(first + 1, len(paper) - 1)
    between: np.ndarray = paper[first] * (2 * side - rest[:, None]) + paper[second] * rest[:, None]
    return between
