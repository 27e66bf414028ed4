"""Strokes and the pad they are written on: types, checks, and strokes as flat arrays.

Mirrored by web/static/kakitori/shared/strokes.js.
"""

import math
from collections.abc import Sequence

import numpy as np

from kakitori.errors import DataError, NoInkError

# Of points, x then y, y down, in any unit: lists, arrays (P, 2), or one array (S, P, 2).
Strokes = Sequence[Sequence[Sequence[float]]] | Sequence[np.ndarray] | np.ndarray
MAX_COORDINATE = 1e15  # beyond it, float64 resolves differences of coordinates no finer than 1/8
NUMBERS = "iuf"  # kinds of NumPy's dtypes


def pack(strokes: Strokes) -> tuple[np.ndarray, np.ndarray]:
    """Return all points, (P, 2) float64, x then y, and the first point of each stroke and then P, (S+1,) int64.

    Strokes without points are left out.

    Raises:
        NoInkError: if no point is left.
        DataError: if a point is not a pair of finite numbers within MAX_COORDINATE.
    """
    try:
        kept = [stroke for stroke in strokes if len(stroke)]
    except TypeError as problem:
        raise DataError(f"Strokes are not a list of lists of [x, y] pairs of numbers ({problem}).") from problem
    if not kept:
        raise NoInkError("There is no ink: expected at least one stroke with one point.")
    points = np.concatenate([_to_points(stroke) for stroke in kept])
    if not (np.abs(points) <= MAX_COORDINATE).all():  # False for NaN too
        raise DataError(f"A stroke holds a coordinate that is not a finite number within ±{MAX_COORDINATE:g}.")
    starts = np.cumsum([0] + [len(stroke) for stroke in kept], dtype=np.int64)
    return points, starts


def _to_points(stroke: Sequence[Sequence[float]] | np.ndarray) -> np.ndarray:
    """Return a stroke's points, (P, 2) float64."""
    try:
        points = np.asarray(stroke)
    except (TypeError, ValueError) as problem:
        raise DataError(f"A stroke is not a list of [x, y] pairs of numbers ({problem}).") from problem
    if points.dtype.kind not in NUMBERS or points.shape != (len(stroke), 2):
        raise DataError(f"A stroke is not a list of [x, y] pairs of numbers ({points.dtype}, shape {points.shape}).")
    return points.astype(np.float64)


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
