import io

import numpy as np
import pytest
from PIL import Image

from kakitori.errors import DataError
from kakitori.image_files import MAX_SIDE, read_image

NOISE = np.random.default_rng(1).integers(0, 256, (64, 64), np.uint8)
GREY = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20


def encoded(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def test_paths_bytes_and_images_give_the_same_pixels(tmp_path):
    image = Image.fromarray(GREY)
    path = tmp_path / "a.png"
    path.write_bytes(encoded(image))
    expected = np.dstack([GREY, GREY, GREY, np.full_like(GREY, 255)])
    for picture in (path, str(path), encoded(image), image, GREY, expected[..., :3], expected):
        assert np.array_equal(read_image(picture), expected)


def test_transparency_is_kept():
    rgba = np.zeros((2, 2, 4), np.uint8)
    rgba[0, 0, 3] = 200
    assert np.array_equal(read_image(encoded(Image.fromarray(rgba))), rgba)


def test_pictures_of_16_bits_are_scaled():
    image = Image.fromarray(GREY.astype(np.uint16) * 256)
    assert np.array_equal(read_image(encoded(image))[..., 0], GREY)


def test_pictures_are_rotated_upright():
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: rotate by 90 degrees clockwise
    assert read_image(encoded(Image.fromarray(GREY), exif=exif)).shape == (4, 3, 4)


def test_large_pictures_are_reduced():
    assert read_image(Image.new("L", (4 * MAX_SIDE, MAX_SIDE))).shape == (MAX_SIDE // 4, MAX_SIDE, 4)


@pytest.mark.parametrize(
    ("picture", "message"),
    [
        (b"not a picture", r"The picture is not a readable picture \(its format is unknown\)"),
        (encoded(Image.fromarray(NOISE))[:500], "The picture is not a readable picture"),
        ("nowhere.png", "There is no picture 'nowhere.png'"),
        (7, "A picture is int: expected a path"),
        (None, "A picture is NoneType"),
        (GREY.astype(np.float32), r"float32 and shape \(3, 4\): expected uint8"),
        (GREY[0], r"shape \(4,\)"),
        (GREY[..., None], r"shape \(3, 4, 1\)"),
    ],
)
def test_what_is_no_picture_is_refused(picture, message):
    with pytest.raises(DataError, match=message):
        read_image(picture)


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"is not a readable picture \(it is not a regular file\)"):
        read_image(tmp_path)
