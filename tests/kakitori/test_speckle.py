import numpy as np
import pytest

from kakitori.speckle import find_box

SIDE = 64


def picture(*boxes):
    """Return ink (SIDE, SIDE) bool in boxes (top, bottom, left, right)."""
    ink = np.zeros((SIDE, SIDE), np.bool_)
    for top, bottom, left, right in boxes:
        ink[top:bottom, left:right] = True
    return ink


CROSS = (20, 44, 28, 36), (28, 36, 18, 46)
BOX = (20, 44, 18, 46)
LEFT_LINE, TOP_LINE = (0, SIDE, 1, 3), (2, 4, 1, SIDE)


def test_the_box_contains_the_whole_character():
    assert find_box(picture(*CROSS)) == BOX


@pytest.mark.parametrize("lines", [[LEFT_LINE], [TOP_LINE], [LEFT_LINE, TOP_LINE], [(3, SIDE, 62, 64)]])
def test_ruled_lines_do_not_count(lines):
    assert find_box(picture(*CROSS, *lines)) == BOX


def test_speckle_does_not_count():
    assert find_box(picture(*CROSS, (5, 6, 60, 61))) == BOX


def test_a_dot_counts():
    assert find_box(picture(*CROSS, (5, 8, 54, 57))) == (5, 44, 18, 57)


def test_fragmented_strokes_all_count():
    rng = np.random.default_rng(1)
    grains = [(y, y + 1, x, x + 1) for y, x in rng.choice(SIDE // 2, (200, 2)) * 2]
    ink = picture(*CROSS, *grains)
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    assert find_box(ink) == (rows[0], rows[-1] + 1, columns[0], columns[-1] + 1)


@pytest.mark.parametrize(
    "strokes",
    [
        [(0, 3, 10, 54), (30, 33, 14, 50), (61, 64, 0, 64)],  # 三
        [(4, 60, 0, 3), (0, 56, 30, 33), (0, 64, 61, 64)],  # 川
        [(0, 4, 0, 64)],  # 一
        [(0, 45, 12, 52), (61, 64, 0, 64)],  # 旦
    ],
)
def test_strokes_at_the_edge_of_a_tightly_cropped_picture_count(strokes):
    top, bottom, left, right = np.array(strokes).T
    assert find_box(picture(*strokes)) == (min(top), max(bottom), min(left), max(right))


def test_components_touch_by_sides_and_corners():
    # Beside 784 pixels of ink, four that touch by corners are one component above 1/SPECKLE; four apart are speckle.
    ink = picture((20, 48, 18, 46))
    touching = ((5, 6, 60, 61), (6, 7, 61, 62), (7, 8, 60, 61), (8, 9, 61, 62))
    assert find_box(ink | picture(*touching)) == (5, 48, 18, 62)
    apart = ((5, 6, 60, 61), (9, 10, 61, 62), (12, 13, 60, 61), (15, 16, 61, 62))
    assert find_box(ink | picture(*apart)) == (20, 48, 18, 46)
