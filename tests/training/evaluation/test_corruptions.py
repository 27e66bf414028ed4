from dataclasses import replace

import numpy as np
import pytest

from kakitori.errors import DataError
from kakitori.spec import ModelSpec
from training.evaluation.corruptions import CORRUPTIONS, corrupted_image
from training.evaluation.transforms import (
    PAD,
    by_mouse,
    by_pen_of,
    one_missing,
    slanted,
    stretched,
    turned,
    two_joined,
)

LADDER = [[[0, y], [1 + y, y]] for y in range(9)]  # nine strokes, each longer than the one above
BY_NAME = {row.name: row for row in CORRUPTIONS}


@pytest.fixture
def spec(small_charset):
    return ModelSpec("resnet", (4, 8), "adaptive_avg", "etl9g", 100, small_charset.digest)


@pytest.fixture
def rng():
    return np.random.default_rng(1)


def lines():
    return [np.array(stroke, float) for stroke in LADDER]


@pytest.mark.parametrize("row", CORRUPTIONS, ids=lambda row: row.name)
def test_every_row_gives_an_image_and_the_same_one_again(row, spec):
    image, again = (corrupted_image(LADDER, 7, row, spec) for _ in range(2))
    assert (image.shape, image.dtype) == ((spec.size, spec.size), np.float32)
    assert 0 <= image.min() < image.max() <= 1
    assert np.array_equal(image, again)


def test_names_and_seeds_are_distinct():
    assert len(BY_NAME) == len({row.seed for row in CORRUPTIONS}) == len(CORRUPTIONS)


def test_a_renamed_corruption_keeps_its_images(spec):
    row = BY_NAME["photographed"]
    renamed = replace(row, name="seen by a camera")
    assert np.array_equal(corrupted_image(LADDER, 7, row, spec), corrupted_image(LADDER, 7, renamed, spec))


@pytest.mark.parametrize(
    ("change", "before", "after"),
    [
        (turned(90), (0, -1), (1, 0)),  # clockwise: what was on top is at the right
        (slanted(0.3), (0, -1), (0.3, -1)),
        (stretched(1.25), (1, 1), (1.25, 1)),
    ],
)
def test_the_whole_drawing_moves(change, before, after, rng):
    ((moved,),) = change([np.array([before], float)], rng)
    assert moved == pytest.approx(after)


def test_mouse_events_are_in_whole_pixels_of_the_pad(rng):
    points = np.concatenate(by_mouse(lines(), rng))
    assert np.array_equal(points, np.rint(points))
    assert points.max() < PAD
    assert len(points) > len(np.concatenate(lines()))


def test_joining_removes_one_pen_lift(rng):
    joined = two_joined(lines(), rng)
    assert len(joined) == len(LADDER) - 1
    assert np.array_equal(np.concatenate(joined), np.concatenate(lines()))


def test_a_missing_stroke_is_a_short_one(rng):
    left = {len(line) and line[1, 0] for line in one_missing(lines(), rng)}
    (missing,) = {1 + y for y in range(9)} - left
    assert missing <= 3


@pytest.mark.parametrize(("name", "strokes"), [("two strokes joined", 1), ("a short stroke missing", 7)])
def test_a_corruption_that_does_not_apply_gives_no_image(name, strokes, spec):
    assert corrupted_image(LADDER[:strokes], 1, BY_NAME[name], spec) is None


def test_a_pen_has_the_named_width(spec, rng):
    stroke = [np.array([[0, 0], [1, 0]], float)]
    for width in (2, 4, 12):
        across = by_pen_of(width)(stroke, spec, rng)[:, spec.size // 2]
        assert across.sum() * PAD / spec.size == pytest.approx(width)


def test_no_ink_is_refused(spec):
    with pytest.raises(DataError, match="no ink"):
        corrupted_image([[]], 1, CORRUPTIONS[0], spec)
