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


POINTS = [[1, 2], [3, 4.5]]


@pytest.mark.parametrize(
    "stroke",
    [
        [(1, 2), (3, 4.5)],
        [[1, 2, 0], [3, 4.5, 16]],
        [[1, 2, "start"], [3, 4.5]],
        [{"x": 1, "y": 2}, {"x": 3, "y": 4.5, "t": 16}],
        [{"y": 2, "x": 1}, [3, 4.5]],
        [np.array([1, 2]), np.array([3, 4.5, 16])],
        np.array(POINTS, np.float32),
        np.array([[1, 2, 0], [3, 4.5, 16]]),
    ],
)
def test_every_form_of_a_point_gives_its_x_and_y(stroke):
    points, starts = pack([[], stroke])
    assert points.tolist() == POINTS
    assert starts.tolist() == [0, 2]


def test_strokes_may_be_one_array():
    points, starts = pack(np.arange(12).reshape(2, 3, 2))
    assert points.tolist() == np.arange(12).reshape(6, 2).tolist()
    assert starts.tolist() == [0, 3, 6]


@pytest.mark.parametrize(
    ("strokes", "message"),
    [
        (3, "'int'"),
        (None, "'NoneType'"),
        ([3], "'int'"),
        ("田", "found a point of 1 values"),
        ([{"x": 1}], "found a point of 1 values"),
        ([[1, 2]], "'int'"),
        (np.array(POINTS), r"found float64 of shape \(2,\)"),
        ([np.zeros((5, 4))], r"found float64 of shape \(5, 4\)"),
        ([[[1, 2], [3]]], "found a point of 1 values"),
        ([[[1, 2, 3, 4]]], "found a point of 4 values"),
        ([[{"x": 1}]], "found a point without 'y'"),
        ([[{"x": 1, "y": "2"}]], "found <U21 of shape"),
        ([[["1", "2"]]], "found <U1 of shape"),
        ([["xy"]], "found <U2 of shape"),
        ([[[None, 1]]], "found object of shape"),
        ([[[True, False]]], "found bool of shape"),
        ([[[10**400, 1]]], "found object of shape"),
        ([[[0, math.nan]]], "finite number within"),
        ([[[math.inf, 0]]], "finite number within"),
        ([[{"x": 1e300, "y": 0}]], "finite number within ±1e\\+15"),
        ([[[1e300, 0]]], "finite number within ±1e\\+15"),
        ([[[0, -1.000001e15]]], "finite number within ±1e\\+15"),
    ],
)
def test_what_is_no_list_of_points_is_refused(strokes, message):
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
