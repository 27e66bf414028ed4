"""Ink to pixels: the one definition of how strokes become the network's input.

    fit         centre the bounding box of all points, scale its longer side to (1 - 2·margin)·size
    coverage    of a pixel: clamp(radius + 0.5 - d, 0, 1), d the distance in pixels from the pixel's centre
                (column + 0.5, row + 0.5) to the nearest stroke segment; a one-point stroke is a dot
    tensor      2·coverage - 1: paper -1, ink +1

Exact, so that web/static/kakitori/shared/ink.js gives the same pixels to 1/255 in every browser (tested).
"""

import math
from collections.abc import Sequence

import numpy as np
from numba import njit

from training.errors import DataError

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


@njit(cache=True)
def fit(points, size, margin):
    """Return (P, 2) points moved and scaled into a `size` x `size` square; a single spot goes to its centre."""
    left, right = points[:, 0].min(), points[:, 0].max()
    top, bottom = points[:, 1].min(), points[:, 1].max()
    side = max(right - left, bottom - top)
    scale = (1 - 2 * margin) * size / side if side > 0 else 1.0
    fitted = np.empty_like(points)
    fitted[:, 0] = (points[:, 0] - (left + right) / 2) * scale + size / 2
    fitted[:, 1] = (points[:, 1] - (top + bottom) / 2) * scale + size / 2
    return fitted


@njit(cache=True, fastmath=False)
def _cover_segment(coverage, ax, ay, bx, by, radius):
    """Raise `coverage` where the segment a-b with this pen radius covers more than what is there."""
    size = coverage.shape[0]
    reach = radius + 0.5
    dx, dy = bx - ax, by - ay
    length2 = dx * dx + dy * dy
    first_row = max(0, math.floor(min(ay, by) - reach - 0.5))
    last_row = min(size - 1, math.ceil(max(ay, by) + reach - 0.5))
    first_column = max(0, math.floor(min(ax, bx) - reach - 0.5))
    last_column = min(size - 1, math.ceil(max(ax, bx) + reach - 0.5))
    for row in range(first_row, last_row + 1):
        for column in range(first_column, last_column + 1):
            px, py = column + 0.5 - ax, row + 0.5 - ay
            along = 0.0
            if length2 > 0:
                along = min(1.0, max(0.0, (px * dx + py * dy) / length2))
            ex, ey = px - along * dx, py - along * dy
            distance2 = ex * ex + ey * ey
            if distance2 < reach * reach:
                covered = min(1.0, reach - math.sqrt(distance2))
                if covered > coverage[row, column]:
                    coverage[row, column] = covered


@njit(cache=True)
def cover(coverage, points, starts, radii):
    """Draw strokes, whose points are in pixels, into a square array in place.

    Args:
        coverage: (H, H) float32 or float64, 0 where there is no ink yet.
        points: (P, 2) float64 pixels.
        starts: (S+1,) int64, see `pack`.
        radii: (P,) float64 pixels; a segment is drawn with the mean of its two ends.
    """
    for stroke in range(starts.shape[0] - 1):
        first, last = starts[stroke], starts[stroke + 1] - 1
        if first == last:
            x, y = points[first, 0], points[first, 1]
            _cover_segment(coverage, x, y, x, y, radii[first])
        for i in range(first, last):
            radius = 0.5 * (radii[i] + radii[i + 1])
            _cover_segment(coverage, points[i, 0], points[i, 1], points[i + 1, 0], points[i + 1, 1], radius)


def rasterise(strokes: Strokes, size: int, margin: float, radius: float) -> np.ndarray:
    """Return the coverage of every pixel, (size, size) float32 in [0, 1], 0 is paper.

    Raises:
        DataError: as `pack`.
    """
    points, starts = pack(strokes)
    coverage = np.zeros((size, size), dtype=np.float64)
    cover(coverage, fit(points, size, margin), starts, np.full(len(points), float(radius)))
    return coverage.astype(np.float32)


def to_tensor(coverage: np.ndarray) -> np.ndarray:
    """Return coverage (..., H, W) in [0, 1] as network input (..., 1, H, W) float32 in [-1, 1]."""
    return (2 * coverage[..., None, :, :] - 1).astype(np.float32)
