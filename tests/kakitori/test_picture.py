import numpy as np
import pytest

from kakitori.errors import DataError
from kakitori.picture import rasterise_image
from training.data.levels import rasterise_levels

MARGIN, SIZE = 0.07, 64


def cross(height=200, width=160, paper=255, ink=20):
    """Return a picture (H, W, 4) uint8 of a thick cross, off centre."""
    picture = np.full((height, width, 4), 255, np.uint8)
    picture[..., :3] = paper
    picture[50:150, 60:75, :3] = ink
    picture[90:105, 20:120, :3] = ink
    return picture


def test_light_on_dark_gives_the_image_of_dark_on_light():
    assert np.array_equal(
        rasterise_image(cross(), SIZE, MARGIN), rasterise_image(cross(paper=0, ink=235), SIZE, MARGIN)
    )


def test_pale_ink_gives_the_image_of_dark_ink():
    assert np.array_equal(rasterise_image(cross(ink=180), SIZE, MARGIN), rasterise_image(cross(), SIZE, MARGIN))


def test_the_ink_is_centred_and_fills_all_but_the_margins():
    image = rasterise_image(cross(), SIZE, 0.125)
    rows, columns = np.flatnonzero(image.max(axis=1) > 0.5), np.flatnonzero(image.max(axis=0) > 0.5)
    assert (rows[0], rows[-1], columns[0], columns[-1]) == (8, 55, 8, 55)


def test_the_size_of_the_picture_does_not_matter():
    large = np.kron(cross(), np.ones((3, 3, 1), np.uint8))
    assert np.abs(rasterise_image(large, SIZE, MARGIN) - rasterise_image(cross(), SIZE, MARGIN)).max() < 0.07


def test_transparent_is_paper():
    picture = cross(paper=0, ink=0)
    picture[..., 3] = np.where(cross()[..., 0] == 20, 255, 0)
    assert np.array_equal(rasterise_image(picture, SIZE, MARGIN), rasterise_image(cross(ink=0), SIZE, MARGIN))


def test_a_blank_picture_is_refused():
    with pytest.raises(DataError, match="shows no ink"):
        rasterise_image(np.full((30, 30, 4), 240, np.uint8), SIZE, MARGIN)


def test_a_tiny_picture_is_refused():
    with pytest.raises(DataError, match="1 x 1 pixels: expected at least 2 x 2"):
        rasterise_image(np.zeros((1, 1, 4), np.uint8), SIZE, MARGIN)


@pytest.mark.parametrize("size", [32, 48, 64, 96, 128])
@pytest.mark.parametrize(("top", "light_on_dark"), [(1, True), (15, True), (15, False), (255, True)])
def test_many_grey_pictures_give_the_images_of_each_alone(size, top, light_on_dark):
    pictures = [cross(127, 128), cross(127, 128, ink=120), np.full((127, 128, 4), 255, np.uint8)]
    levels = np.stack([picture[..., 0] for picture in pictures]) // (256 // (top + 1))
    levels = top - levels if light_on_dark else levels
    images, inked = rasterise_levels(levels, top, size, MARGIN)
    for level, image in zip(levels[inked], images[inked], strict=True):
        grey = np.repeat((level * (255 // top))[..., None], 4, axis=2)
        grey[..., 3] = 255
        assert np.array_equal(image, np.rint(rasterise_image(grey, size, MARGIN) * 255))
    assert not inked[2]
    assert not images[2].any()


def test_pictures_of_data_sets_are_not_corrected_for_illumination(monkeypatch):
    levels = (cross()[..., 0] * np.linspace(0.6, 1, 160)).astype(np.uint8)
    picture = np.dstack([levels, levels, levels, np.full_like(levels, 255)])
    evened = rasterise_image(picture, SIZE, MARGIN)
    monkeypatch.setattr("kakitori.picture.correct_illumination", lambda grey, _white, _tolerance: grey)
    plain = rasterise_image(picture, SIZE, MARGIN)
    assert np.array_equal(rasterise_levels(levels[None], 255, SIZE, MARGIN)[0][0], np.rint(plain * 255))
    assert not np.array_equal(evened, plain)
