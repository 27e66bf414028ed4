from dataclasses import replace

import numpy as np
import pytest

from kakitori.picture import rasterise_image
from training.evaluation.corruptions import CORRUPTIONS
from training.evaluation.scan import Scan, take_scan
from training.evaluation.transforms import by_scanner

SCANS = {row.name: row.draw.args[0] for row in CORRUPTIONS if getattr(row.draw, "func", None) is by_scanner}

CROSS = [[[0, 0.5], [1, 0.5]], [[0.5, 0], [0.5, 1]]]
SIZE, MARGIN = 64, 0.05


@pytest.mark.parametrize("scan", SCANS.values(), ids=SCANS)
def test_a_scan_is_opaque_and_the_same_for_the_same_generator(scan):
    first, again, other = (take_scan(CROSS, scan, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert (first.shape, first.dtype) == ((scan.side, scan.side, 4), np.uint8)
    assert (first[..., 3] == 255).all()
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("scan", SCANS.values(), ids=SCANS)
def test_the_image_path_finds_the_character_in_it(scan):
    """The cross fills the box: its bars are in the middle, and any other ink is faint."""
    bars = np.zeros((SIZE, SIZE), bool)
    bars[:, 26:38] = bars[26:38] = True
    for seed in range(10):
        image = rasterise_image(take_scan(CROSS, scan, np.random.default_rng(seed)), SIZE, MARGIN)
        assert image[bars].mean() > 2 * image[~bars].mean(), seed


def test_black_and_white_has_no_grey():
    scan = replace(Scan(), threshold=80)
    assert set(np.unique(take_scan(CROSS, scan, np.random.default_rng(1))[..., 0])) == {0, 255}
