"""Strokes and the pad they are written on: types, checks, and strokes as flat arrays.

Mirrored by web/static/kakitori/shared/strokes.js.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from kakitori.errors import DataError, NoInkError

# x and y in any unit, y down: [x, y], [x, y, t] or {"x": x, "y": y}; the time t and other keys are not used.
Point = Sequence[float] | Mapping[str, float]
Stroke = Sequence[Point] | np.ndarray  # an array is (P, 2) or (P, 3)
Strokes = Sequence[Stroke] | np.ndarray
MAX_COORDINATE = 1e15  # beyond it, float64 resolves differences of coordinates no finer than 1/8
NUMBERS = "iuf"  # kinds of NumPy's dtypes
EXPECTED = "Strokes are lists of strokes, and a stroke is a list of points [x, y], [x, y, t] or {x, y} of numbers"


def pack(strokes: Strokes) -> tuple[np.ndarray, np.ndarray]:
    """Return all points, (P, 2) float64, x then y, and the first point of each stroke and then P, (S+1,) int64.

    Strokes without points are left out.

    Raises:
        NoInkError: if no point is left.
        DataError: if a point has none of the forms of `Point`, or a coordinate is not finite or beyond MAX_COORDINATE.
    """
    try:
        kept = [stroke for stroke in strokes if len(stroke)]
    except TypeError as problem:
        raise DataError(f"{EXPECTED}: {problem}.") from problem
    if not kept:
        raise NoInkError("There is no ink: expected at least one stroke with one point.")
    points = np.concatenate([_to_points(stroke) for stroke in kept])
    if not (np.abs(points) <= MAX_COORDINATE).all():  # False for NaN too
        raise DataError(f"A stroke holds a coordinate that is not a finite number within ±{MAX_COORDINATE:g}.")
    starts = np.cumsum([0] + [len(stroke) for stroke in kept], dtype=np.int64)
    return points, starts


def _to_points(stroke: Stroke) -> np.ndarray:
    """Return a stroke's points, (P, 2) float64."""
    try:
        points = stroke if isinstance(stroke, np.ndarray) else np.asarray([_pair(point) for point in stroke])
    except KeyError as problem:
        raise DataError(f"{EXPECTED}: found a point without {problem}.") from problem
    except (TypeError, ValueError) as problem:
        raise DataError(f"{EXPECTED}: {problem}.") from problem
    if points.dtype.kind not in NUMBERS or points.ndim != 2 or points.shape[1] not in (2, 3):
        raise DataError(f"{EXPECTED}: found {points.dtype} of shape {points.shape}.")
    return points[:, :2].astype(np.float64)


def _pair(point: Point) -> Sequence[float]:
    if isinstance(point, Mapping):
        return [point["x"], point["y"]]
    if len(point) not in (2, 3):
        raise ValueError(f"found a point of {len(point)} values")
    return point[:2]


def check_pad(pad: tuple[float, float]) -> tuple[float, float]:
    """Return the width and height of a pad, in the unit of the strokes.

    Raises:
        DataError: unless both are finite numbers above 0.
    """
    try:
        width, height = (float(side) for side in pad)
    except (TypeError, ValueError, OverflowError) as problem:
        raise DataError(f"The pad is {pad!r}: expected (width, height), two numbers ({problem}).") from problem
    if not (0 < width < math.inf and 0 < height < math.inf):
        raise DataError(f"The pad is {width:g} x {height:g}: expected a width and a height above 0.")
    return width, height
