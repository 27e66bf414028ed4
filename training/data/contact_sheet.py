"""Pictures of many small images, to look at data with one's own eyes."""

from pathlib import Path

import numpy as np
from PIL import Image

from kakitori.files import replacing

GAP = 2  # pixels between images


def tile(images: np.ndarray, columns: int, zoom: int = 1) -> np.ndarray:
    """Return (N, H, W) uint8 coverage (255 is ink) as one dark-on-light picture, row by row."""
    rows = -(-len(images) // columns)
    height, width = images.shape[1] + GAP, images.shape[2] + GAP
    sheet = np.full((rows * height + GAP, columns * width + GAP), 200, np.uint8)
    for n, image in enumerate(images):
        top, left = n // columns * height + GAP, n % columns * width + GAP
        sheet[top : top + image.shape[0], left : left + image.shape[1]] = 255 - image
    return np.kron(sheet, np.ones((zoom, zoom), np.uint8))


def write_sheet(images: np.ndarray, columns: int, path: Path, zoom: int = 1) -> None:
    """Write `tile(images, columns, zoom)` as a PNG, whole."""
    with replacing(path) as temporary:
        Image.fromarray(tile(images, columns, zoom)).save(temporary, format="PNG")
