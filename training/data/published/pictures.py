"""Pictures of single characters in folders named after them: `DIR/田/scan1.png`, or `DIR/U+7530/scan1.png`."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from kakitori.errors import DataError

SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff"}


@dataclass(frozen=True)
class Picture:
    """A picture file and the character it shows; the folder above the character's counts as its source."""

    char: str
    path: Path
    source: str


def list_pictures(folder: Path) -> list[Picture]:
    """Return the pictures of all character folders at any depth below `folder`, in path order.

    Raises:
        DataError: if there is no such folder, or no picture in a folder named after a character.
    """
    if not folder.is_dir():
        raise DataError(f"There is no folder {str(folder)!r}.")
    found = [
        Picture(char, path, path.parent.parent.name)
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in SUFFIXES and (char := character_of(path.parent.name))
    ]
    if not found:
        raise DataError(
            f"{folder} holds no picture in a folder named after its character, such as 田/1.png or U+7530/1.png."
        )
    return found


def character_of(name: str) -> str | None:
    """Return the character a folder is named after, or None."""
    if re.fullmatch(r"[Uu]\+[0-9A-Fa-f]{4,6}", name):
        code = int(name[2:], 16)
        return None if code > 0x10FFFF or 0xD800 <= code < 0xE000 else chr(code)
    return name if len(name) == 1 else None


def read_picture(path: Path) -> np.ndarray:
    """Return a picture's pixels, upright, (H, W, 4) uint8.

    Raises:
        DataError: if the file is not a readable picture.
    """
    try:
        with Image.open(path) as image:
            return np.asarray(ImageOps.exif_transpose(image).convert("RGBA"))
    except (UnidentifiedImageError, OSError, SyntaxError) as problem:
        raise DataError(f"{path} is not a readable picture ({problem}).") from problem
