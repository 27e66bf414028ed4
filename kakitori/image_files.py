"""Pictures of one character from files, bytes, Pillow images or arrays, as RGBA pixels."""

import io
import os

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from kakitori.errors import DataError
from kakitori.files import is_special

Picture = str | os.PathLike[str] | bytes | np.ndarray | Image.Image
MAX_SIDE = 1600  # pixels; larger pictures are reduced, as web/static/page/picture.js does
DECODE_ERRORS = (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError)


def read_image(picture: Picture) -> np.ndarray:
    """Return a picture's pixels, (H, W, 4) uint8 RGBA.

    Args:
        picture: a path, the bytes of a file, or a Pillow image, which are rotated upright as their EXIF data says and
            reduced to MAX_SIDE; or an array (H, W), (H, W, 3) or (H, W, 4) uint8, which keeps its size.

    Raises:
        DataError: if it is none of these, or cannot be decoded.
    """
    if isinstance(picture, np.ndarray):
        return _array_to_rgba(picture)
    if isinstance(picture, Image.Image):
        return _image_to_rgba(picture, "The image")
    if not isinstance(picture, str | os.PathLike | bytes):
        raise DataError(f"A picture is {type(picture).__name__}: expected a path, bytes, an array or a Pillow image.")
    name = "The picture" if isinstance(picture, bytes) else os.fspath(picture)
    if not isinstance(picture, bytes) and is_special(picture):
        raise DataError(f"{name} is not a readable picture (it is not a regular file).")
    try:
        with Image.open(io.BytesIO(picture) if isinstance(picture, bytes) else picture) as image:
            return _image_to_rgba(image, name)
    except FileNotFoundError:
        raise DataError(f"There is no picture {name!r}.") from None
    except UnidentifiedImageError:
        raise DataError(f"{name} is not a readable picture (its format is unknown).") from None
    except DECODE_ERRORS as problem:
        raise DataError(f"{name} is not a readable picture ({problem}).") from problem


def _image_to_rgba(image: Image.Image, name: str) -> np.ndarray:
    try:
        upright = ImageOps.exif_transpose(image)
        if upright.mode.startswith("I;16"):  # convert() would clip 16 bits to 8 instead of scaling them
            upright = Image.fromarray((np.asarray(upright) >> 8).astype(np.uint8))
        rgba = upright.convert("RGBA")
    except DECODE_ERRORS as problem:
        raise DataError(f"{name} is not a readable picture ({problem}).") from problem
    rgba.thumbnail((MAX_SIDE, MAX_SIDE))
    return np.asarray(rgba)


def _array_to_rgba(array: np.ndarray) -> np.ndarray:
    channels = array.shape[2] if array.ndim == 3 else 1
    if array.dtype != np.uint8 or array.ndim not in (2, 3) or (array.ndim == 3 and channels not in (3, 4)):
        raise DataError(
            f"The picture is an array of {array.dtype} and shape {array.shape}: expected uint8 and (H, W), (H, W, 3) "
            "or (H, W, 4)."
        )
    if channels == 4:
        return array
    rgb = np.broadcast_to(array[..., None] if array.ndim == 2 else array, (*array.shape[:2], 3))
    return np.dstack([rgb, np.full(array.shape[:2], 255, np.uint8)])
