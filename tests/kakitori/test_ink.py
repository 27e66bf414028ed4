import math

import numpy as np
import pytest

from kakitori.errors import DataError
from kakitori.ink import to_tensor
from training.ink.rasteriser import rasterise

MARGIN, RADIUS, SIZE = 0.07, 1.3, 64


def slow_coverage(strokes, size, margin, radius):
    """Return the coverage by the definition: every pixel against every segment."""
    points = [p for stroke in strokes for p in stroke]
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    side = max(max(xs) - min(xs), max(ys) - min(ys))
    scale = (1 - 2 * margin) * size / side if side else 1
    centre = (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2

    def fitted(p):
        return (p[0] - centre[0]) * scale + size / 2, (p[1] - centre[1]) * scale + size / 2

    def distance(px, py, a, b):
        dx, dy = b[0] - a[0], b[1] - a[1]
        length2 = dx * dx + dy * dy
        t = 0 if length2 == 0 else min(1, max(0, ((px - a[0]) * dx + (py - a[1]) * dy) / length2))
        return math.hypot(px - a[0] - t * dx, py - a[1] - t * dy)

    lines = [[fitted(p) for p in stroke] for stroke in strokes if stroke]
    segments = [(a, b) for line in lines for a, b in zip(line, line[1:] or line, strict=False)]
    return np.array([[min(1, max(0, radius + 0.5 - min(distance(x + 0.5, y + 0.5, a, b) for a, b in segments)))
                      for x in range(size)] for y in range(size)])  # fmt: skip


@pytest.mark.parametrize("seed", range(6))
def test_rasterise_is_the_definition(seed):
    rng = np.random.default_rng(seed)
    strokes = [rng.normal(50, 30, (rng.integers(1, 6), 2)).tolist() for _ in range(rng.integers(1, 6))]
    size, radius = (32, 0.4) if seed % 2 else (48, 2.2)
    expected = slow_coverage(strokes, size, MARGIN, radius)
    assert np.abs(rasterise(strokes, size, MARGIN, radius) - expected).max() < 1e-6


def test_a_single_point_is_a_dot_in_the_middle():
    image = rasterise([[(300, -20)]], SIZE, MARGIN, RADIUS)
    assert image.sum() == pytest.approx(math.pi * RADIUS**2, rel=0.1)
    assert np.array_equal(image, image[::-1, ::-1])


def test_points_apart_by_less_than_can_be_scaled_are_the_dot():
    image = rasterise([[(0, 0), (1e-320, 0)]], SIZE, MARGIN, RADIUS)
    assert np.array_equal(image, rasterise([[(0, 0)]], SIZE, MARGIN, RADIUS))


def test_unit_and_position_of_the_ink_do_not_matter():
    stroke = np.array([[0.1, 0.2], [0.8, 0.3], [0.4, 0.9]])
    images = [rasterise([stroke * unit + shift], SIZE, MARGIN, RADIUS) for unit, shift in ((1, 0), (1000, -77))]
    assert np.abs(images[0] - images[1]).max() < 1e-6


def test_the_longer_side_fills_all_but_the_margins():
    image = rasterise([[(0, 0), (10, 0)]], SIZE, 0.25, 0.5)
    columns = np.flatnonzero(image.max(axis=0) >= 0.5)
    assert (columns[0], columns[-1]) == (16, 47)


def test_the_tensor_is_minus_1_for_paper_and_1_for_ink():
    tensor = to_tensor(np.array([[[0.0, 0.5], [1.0, 0.25]]]))
    assert tensor.shape == (1, 1, 2, 2)
    assert tensor.dtype == np.float32
    assert tensor.ravel().tolist() == [-1, 0, 1, -0.5]


def test_empty_strokes_are_left_out():
    line = [(0, 0), (1, 1)]
    assert np.array_equal(rasterise([[], line], SIZE, MARGIN, RADIUS), rasterise([line], SIZE, MARGIN, RADIUS))


@pytest.mark.parametrize(
    ("strokes", "message"),
    [
        ([], "There is no ink"),
        ([[]], "There is no ink"),
        ([[(0, math.nan)]], "not a finite number"),
        ([[(0, math.inf), (1, 1)]], "not a finite number"),
        ([[(1, 2, 3, 4)]], "a point of 4 values"),
        ([[("a", "b")]], "found <U1"),
    ],
)
def test_invalid_strokes_are_refused(strokes, message):
    with pytest.raises(DataError, match=message):
        rasterise(strokes, SIZE, MARGIN, RADIUS)
