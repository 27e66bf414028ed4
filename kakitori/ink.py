"""Strokes to pixels: the definition of the network's input.

    fit         centre the bounding box of all points, scale its longer side to (1 - 2·margin)·size
    coverage    of a pixel: clamp(radius + 0.5 - d, 0, 1), d the distance in pixels from the pixel's centre
                (column + 0.5, row + 0.5) to the nearest stroke segment; a one-point stroke is a dot
    tensor      2·coverage - 1: paper -1, ink +1

Mirrored by web/static/kakitori/shared/ink.js and, compiled, by training/ink/rasteriser.py; equality is tested.
"""

import math
from itertools import pairwise

import numpy as np

from kakitori.strokes import Strokes, pack

SMALLEST_SIDE = 1e-300  # of ink, in its own unit: less is a single spot, whose scale would overflow


def fit(points: np.ndarray, size: int, margin: float) -> np.ndarray:
    """Return points, (P, 2) pixels, centred and scaled into a `size` x `size` square; one spot goes to its centre.

    Args:
        points: (P, 2) float64, in any unit.
        size: pixels.
        margin: share of the side left free on each side of the points' longer extent.
    """
    low, high = points.min(axis=0), points.max(axis=0)
    side = (high - low).max()
    scale = (1 - 2 * margin) * size / side if side > SMALLEST_SIDE else 1.0
    fitted: np.ndarray = (points - (low + high) / 2) * scale + size / 2
    return fitted


def cover(coverage: np.ndarray, points: np.ndarray, starts: np.ndarray, radii: np.ndarray) -> None:
    """Draw strokes, whose points are in pixels, into a square array in place.

    Args:
        coverage: (H, H) float64, 0 where there is no ink.
        points: (P, 2) float64, pixels.
        starts: (S+1,) int64, see `pack`.
        radii: (P,) float64, pixels; a segment is drawn with the mean of its two ends.
    """
    for first, end in pairwise(starts):
        if end - first == 1:
            _cover_segment(coverage, points[first], points[first], radii[first])
        for i in range(first, end - 1):
            _cover_segment(coverage, points[i], points[i + 1], 0.5 * (radii[i] + radii[i + 1]))


def _cover_segment(coverage: np.ndarray, a: np.ndarray, b: np.ndarray, radius: float) -> None:
    """Raise `coverage` in place where the segment from a to b, with a pen of `radius` pixels, covers more."""
    reach = radius + 0.5
    columns, rows = (_window(a[axis], b[axis], reach, len(coverage)) for axis in (0, 1))
    px, py = columns + 0.5 - a[0], (rows + 0.5 - a[1])[:, None]
    dx, dy = b - a
    length2 = dx * dx + dy * dy
    along = np.minimum(1.0, np.maximum(0.0, (px * dx + py * dy) / length2)) if length2 > 0 else 0.0
    ex, ey = px - along * dx, py - along * dy
    covered = np.minimum(1.0, reach - np.sqrt(ex * ex + ey * ey))
    window = coverage[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] if len(rows) and len(columns) else covered
    np.maximum(window, covered, out=window)


def _window(a: float, b: float, reach: float, size: int) -> np.ndarray:
    """Return the indices along an axis of the pixels that a segment with ends a and b, in pixels, can reach."""
    first = max(0, math.floor(min(a, b) - reach - 0.5))
    return np.arange(first, min(size - 1, math.ceil(max(a, b) + reach - 0.5)) + 1)


def rasterise(strokes: Strokes, size: int, margin: float, radius: float) -> np.ndarray:
    """Return the coverage of every pixel, (size, size) float32 in [0, 1], 0 is paper.

    Args:
        strokes: lists of [x, y], in any unit, y down.
        size: side of the image in pixels.
        margin: share of the side left free on each side of the ink's longer extent.
        radius: half the width of the pen in pixels.

    Raises:
        DataError: as `pack`.
    """
    points, starts = pack(strokes)
    coverage = np.zeros((size, size))
    cover(coverage, fit(points, size, margin), starts, np.full(len(points), float(radius)))
    return coverage.astype(np.float32)


def to_tensor(coverage: np.ndarray) -> np.ndarray:
    """Return coverage (..., H, W) in [0, 1] as network input (..., 1, H, W) float32 in [-1, 1]."""
    return (2 * coverage[..., None, :, :] - 1).astype(np.float32)
