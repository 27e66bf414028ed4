import math

import numpy as np
import pytest

from kakitori.errors import DataError, NoInkError
from kakitori.strokes import check_pad, pack


def test_points_and_the_first_of_each_stroke():
    points, starts = pack([[[1, 2], [3, 4]], [], [(5.5, 6)], np.array([[7, 8]], np.float32)])
    assert points.dtype == np.float64
    assert points.tolist() == [[1, 2], [3, 4], [5.5, 6], [7, 8]]
    assert starts.tolist() == [0, 2, 3, 4]


def test_the_largest_coordinate_is_kept():
    assert pack([[[1e15, -1e15]]])[0].tolist() == [[1e15, -1e15]]


@pytest.mark.parametrize("strokes", [[], [[]], [[], []]])
def test_strokes_without_points_are_no_ink(strokes):
    with pytest.raises(NoInkError, match="expected at least one stroke with one point"):
        pack(strokes)


@pytest.mark.parametrize(
    ("strokes", "message"),
    [
        (3, "'int'"),
        ([3], "'int'"),
        ("田", "pairs of numbers"),
        ([{"x": 1}], "pairs of numbers"),
        ([[1, 2]], "pairs of numbers"),
        ([[[1, 2], [3]]], "pairs of numbers"),
        ([[[1, 2, 3]]], "pairs of numbers"),
        ([[["1", "2"]]], "pairs of numbers"),
        ([[[None, 1]]], "pairs of numbers"),
        ([[[True, False]]], "pairs of numbers"),
        ([[[10**400, 1]]], "pairs of numbers"),
        ([[[0, math.nan]]], "finite number within"),
        ([[[math.inf, 0]]], "finite number within"),
        ([[[1e300, 0]]], "finite number within ±1e\\+15"),
        ([[[0, -1.000001e15]]], "finite number within ±1e\\+15"),
    ],
)
def test_what_is_not_pairs_of_numbers_is_refused(strokes, message):
    with pytest.raises(DataError, match=message):
        pack(strokes)


@pytest.mark.parametrize(
    ("pad", "message"),
    [
        (300, "expected \\(width, height\\)"),
        ((300,), "expected \\(width, height\\)"),
        ((1, 2, 3), "expected \\(width, height\\)"),
        (("a", 1), "expected \\(width, height\\)"),
        ((10**400, 1), "expected \\(width, height\\)"),
        ((0, 300), "above 0"),
        ((300, -1), "above 0"),
        ((300, math.nan), "above 0"),
        ((math.inf, 300), "above 0"),
    ],
)
def test_pads_without_a_width_and_height_above_0_are_refused(pad, message):
    with pytest.raises(DataError, match=message):
        check_pad(pad)


def test_a_pad_is_its_width_and_height():
    assert check_pad((300, 200.5)) == (300.0, 200.5)
