import numpy as np
import pytest
from PIL import Image

from kakitori.illumination import correct_illumination
from kakitori.picture import MIN_CONTRAST, WHITE, rasterise_image
from training.data.levels import rasterise_levels
from training.evaluation.photo import light
from training.ink.rasteriser import rasterise

MARGIN, SIZE = 0.07, 64
TREE = [[[10, 30], [90, 30]], [[50, 5], [50, 95]], [[48, 32], [12, 80]], [[52, 32], [88, 80]]]  # 木
LINE = [[[0, 50], [100, 47]]]
LEVEL = WHITE // 255


def drawing(strokes=TREE, side=256, paper=240.0, ink=50.0, margin=0.15, radius=0.015):
    """Return levels (side, side) float64 of a drawing on evenly lit paper."""
    return paper + (ink - paper) * rasterise(strokes, side, margin, radius * side)


def lit(levels, seed):
    """Return levels under uneven light with a shadow."""
    share = Image.fromarray(light(np.random.default_rng(seed)))
    return np.clip(levels * np.asarray(share.resize(levels.shape[::-1], Image.Resampling.BILINEAR)), 0, 255)


def picture(levels):
    """Return levels (H, W) as a picture (H, W, 4) uint8."""
    grey = np.repeat(np.rint(levels).astype(np.uint8)[..., None], 4, axis=2)
    grey[..., 3] = 255
    return grey


def corrected(levels):
    """Return grey (H, W) int32 and the result of the correction."""
    grey = np.rint(levels).astype(np.int32) * LEVEL
    return grey, correct_illumination(grey, WHITE, MIN_CONTRAST)


@pytest.mark.parametrize("side", [64, 100, 256, 700])
@pytest.mark.parametrize("strokes", [TREE, LINE])
def test_ink_under_uneven_light_is_the_ink_under_even_light(side, strokes):
    expected = rasterise_image(picture(drawing(strokes, side)), SIZE, MARGIN)
    for seed in range(10):
        image = rasterise_image(picture(lit(drawing(strokes, side), seed)), SIZE, MARGIN)
        assert np.abs(image - expected).mean() < 0.015, f"light {seed}"


def test_light_ink_under_uneven_light_is_the_ink_under_even_light():
    expected = rasterise_image(picture(drawing(paper=90, ink=220)), SIZE, MARGIN)
    for seed in range(10):
        image = rasterise_image(picture(lit(drawing(paper=90, ink=220), seed)), SIZE, MARGIN)
        assert np.abs(image - expected).mean() < 0.015, f"light {seed}"


def test_a_negative_is_corrected_to_the_same_levels():
    levels = np.rint(lit(drawing(), 3))
    assert np.array_equal(corrected(levels)[1], corrected(255 - levels)[1])


@pytest.mark.parametrize(("margin", "ink"), [(0.15, 50), (0.0, 50), (0.0, 180), (-0.05, 50)])
@pytest.mark.parametrize("side", [8, 28, 64, 100, 256])
def test_even_paper_is_not_changed(side, margin, ink):
    for paper, level in ((240, ink), (15, 255 - ink)):
        grey, result = corrected(drawing(side=side, paper=paper, ink=level, margin=margin))
        assert result is grey


def test_grainy_paper_is_even():
    grain = np.random.default_rng(1).normal(0, 6, (256, 256))
    grey, result = corrected(np.clip(drawing() + grain, 0, 255))
    assert result is grey


@pytest.mark.parametrize("ink", [50, 150, 220])
def test_a_picture_on_even_paper_gives_the_image_without_correction(ink):
    levels = np.rint(drawing(ink=ink)).astype(np.uint8)
    plain, _ = rasterise_levels(levels[None], 255, SIZE, MARGIN)
    assert np.array_equal(np.rint(rasterise_image(picture(levels), SIZE, MARGIN) * 255), plain[0])


def test_ink_broader_than_the_window_is_not_taken_for_a_shadow():
    grey, result = corrected(drawing(LINE, radius=0.25))
    assert result is grey
