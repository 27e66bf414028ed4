"""The compiled picture path gives the images of the definition in kakitori.picture, to the bit."""

import numpy as np
import pytest

from kakitori.picture import WHITE, fit_grey
from training.data.levels import rasterise_levels

PICTURES, MARGIN = 12, 0.05
SHAPES = [(63, 64), (127, 128), (28, 28), (40, 17), (2, 9)]


def pictures(kind: str, shape: tuple[int, int], top: int) -> np.ndarray:
    """Return (PICTURES, H, W) uint8 in [0, top] of a kind."""
    rng = np.random.default_rng(7)
    height, width = shape
    rows, columns = np.mgrid[:height, :width]
    if kind == "noise":
        return rng.integers(0, top + 1, (PICTURES, *shape)).astype(np.uint8)
    radius = rng.uniform(1, max(shape) / 2, (PICTURES, 1, 1))
    ring = np.abs(np.hypot(rows - height / 2, columns - width / 2)[None] - radius) < 2.5
    ink = ring | (rng.random((PICTURES, *shape)) < 0.02 if kind == "speckle" else False)
    if kind == "ruled":
        ink[:, :2], ink[:, :, -1:] = True, True
    levels = np.where(ink, 0.9 * top, 0.1 * top) + rng.normal(0, 0.03 * top, ink.shape)
    return np.clip(levels if kind != "dark paper" else top - levels, 0, top).astype(np.uint8)


@pytest.mark.parametrize("kind", ["ring", "noise", "speckle", "ruled", "dark paper"])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("top", "size"), [(255, 64), (15, 64), (1, 32)])
def test_the_compiled_path_gives_the_defined_images(kind, shape, top, size):
    levels = pictures(kind, shape, top)
    images, inked = rasterise_levels(levels, top, size, MARGIN)
    for picture, image, has_ink in zip(levels, images, inked, strict=True):
        expected = fit_grey(picture * np.int32(WHITE // top), MARGIN, size)
        assert has_ink == (expected is not None)
        if expected is not None:
            np.testing.assert_array_equal(image, np.rint(expected * np.float32(255)).astype(np.uint8))
