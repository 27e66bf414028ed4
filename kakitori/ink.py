"""Strokes to pixels: the definition of how ink becomes the network's input.

    fit         centre the bounding box of all points, scale its longer side to (1 - 2·margin)·size
    coverage    of a pixel: clamp(radius + 0.5 - d, 0, 1), d the distance in pixels from the pixel's centre
                (column + 0.5, row + 0.5) to the nearest stroke segment; a one-point stroke is a dot
    tensor      2·coverage - 1: paper -1, ink +1

Mirrored by web/static/kakitori/shared/ink.js and, compiled, by training/ink/rasteriser.py; equality is tested.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from kakitori.errors import DataError

Strokes = Sequence[Sequence[Sequence[float]]]


def pack(strokes: Strokes) -> tuple[np.ndarray, np.ndarray]:
    """Return all points, (P, 2) float64, x then y, and the first point of each stroke and then P, (S+1,) int64.

    Strokes without points are left out.

    Raises:
        DataError: if no point is left, or one is not a pair of finite numbers.
    """
    kept = [stroke for stroke in strokes if len(stroke)]
    if not kept:
        raise DataError("There is no ink: expected at least one stroke with one point.")
    try:
        points = np.concatenate([np.asarray(stroke, dtype=np.float64).reshape(len(stroke), 2) for stroke in kept])
    except (TypeError, ValueError) as problem:
        raise DataError(f"A stroke is not a list of [x, y] pairs of numbers ({problem}).") from problem
    if not np.isfinite(points).all():
        raise DataError("A stroke holds a coordinate that is not a finite number.")
    starts = np.cumsum([0] + [len(stroke) for stroke in kept], dtype=np.int64)
    return points, starts


def fit(points: np.ndarray, size: int, margin: float) -> np.ndarray:
    """Return (P, 2) points moved and scaled into a `size` x `size` square; a single spot goes to its centre."""
    low, high = points.min(axis=0), points.max(axis=0)
    side = (high - low).max()
    scale = (1 - 2 * margin) * size / side if side > 0 else 1.0
    return (points - (low + high) / 2) * scale + size / 2


def cover(coverage: np.ndarray, points: np.ndarray, starts: np.ndarray, radii: np.ndarray) -> None:
    """Draw strokes, whose points are in pixels, into a square array in place.

    Args:
        coverage: (H, H) float64, 0 where there is no ink yet.
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
    """Raise `coverage` where the segment from a to b covers more than what is there."""
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
    """Return the indices along an axis of the pixels that a segment with ends a and b can reach."""
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
