"""The rasteriser of `kakitori.ink`, compiled: it draws the same pixels (tested), thousands of images a second.

Points are (P, 2) float64 and radii float64, in pixels; coverage is a square array of float64 or float32 in [0, 1].
"""

import math

import numpy as np

from kakitori.ink import SMALLEST_SIDE
from kakitori.strokes import Strokes, pack
from training.ink.compiled import compiled


@compiled
def fit(points: np.ndarray, size: int, margin: float) -> np.ndarray:
    """Return points (P, 2) of any unit in pixels, fitted into a square of `size` pixels: see `kakitori.ink.fit`.

    `margin` is the share of `size` left free on each side of their box's longer side.
    """
    left, right = points[:, 0].min(), points[:, 0].max()
    top, bottom = points[:, 1].min(), points[:, 1].max()
    side = max(right - left, bottom - top)
    scale = (1 - 2 * margin) * size / side if side > SMALLEST_SIDE else 1.0
    fitted = np.empty_like(points)
    fitted[:, 0] = (points[:, 0] - (left + right) / 2) * scale + size / 2
    fitted[:, 1] = (points[:, 1] - (top + bottom) / 2) * scale + size / 2
    return fitted


@compiled
def _cover_segment(coverage: np.ndarray, ax: float, ay: float, bx: float, by: float, radius: float) -> None:
    """Raise `coverage` (H, H) where the segment a-b covers a pixel further, in place; all lengths in pixels."""
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


@compiled
def cover(coverage: np.ndarray, points: np.ndarray, starts: np.ndarray, radii: np.ndarray) -> None:
    """Draw strokes into `coverage` (H, H) in place: see `kakitori.ink.cover`.

    Args:
        points: (P, 2), in pixels.
        starts: (S+1,) int64, the first point of each stroke, and P.
        radii: (P,), in pixels; a segment has the mean of its two points' radii.
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
    """Return the coverage of every pixel, (size, size) float32 in [0, 1]: see `kakitori.ink.rasterise`.

    Raises:
        DataError: as `kakitori.strokes.pack`.
    """
    points, starts = pack(strokes)
    coverage = np.zeros((size, size), dtype=np.float64)
    cover(coverage, fit(points, size, margin), starts, np.full(len(points), float(radius)))
    return coverage.astype(np.float32)
