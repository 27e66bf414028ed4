"""Pictures of one character to pixels: the same fit as ink, after finding paper and ink.

    grey        luminance 0.299 R + 0.587 G + 0.114 B over white where transparent, in [0, 1]
    polarity    the median of the outermost pixels is paper; ink is whatever differs from it: |grey - paper|
    ink         Otsu's threshold over 256 bins (Otsu 1979) parts ink from paper; its bounding box is the character
    contrast    paper (0) to the mean difference of the ink pixels (1), clamped
    fit         the bounding box centred, its longer side (1 - 2·margin)·size, resampled with a triangle filter
                whose support is one source pixel, or one target pixel when shrinking

Mirrored by web/static/kakitori/shared/image.js; equality is tested.
"""

import numpy as np

from training.errors import DataError

LUMINANCE = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601
MIN_CONTRAST = 0.05  # below this range of grey a picture is taken as empty


def to_grey(rgba: np.ndarray) -> np.ndarray:
    """Return luminance (H, W) float64 in [0, 1] of (H, W, 4) uint8 pixels, over white."""
    alpha = rgba[..., 3] / 255
    return (rgba[..., :3] @ LUMINANCE) / 255 * alpha + (1 - alpha)


def paper_level(grey: np.ndarray) -> float:
    """Return the median of the outermost pixels (the lower of the two middle ones)."""
    border = np.concatenate([grey[0], grey[-1], grey[1:-1, 0], grey[1:-1, -1]])
    return float(np.sort(border)[(len(border) - 1) // 2])


def otsu_threshold(values: np.ndarray) -> float:
    """Return the threshold in [0, 1] that maximises the variance between the two sides; ink is above it.

    Values in [0, 1] fall into bin min(255, floor(256 v)); the threshold is the upper edge of the first best bin.
    """
    counts = np.bincount(np.minimum(255, (values * 256).astype(np.int64)).ravel(), minlength=256).astype(np.float64)
    below = np.cumsum(counts)
    above = values.size - below
    moment = np.cumsum(counts * np.arange(256))
    with np.errstate(divide="ignore", invalid="ignore"):
        between = below * above * (moment / below - (moment[-1] - moment) / above) ** 2
    return float(np.argmax(np.nan_to_num(between, nan=-1.0)) + 1) / 256


def _resampling_matrix(source: int, start: float, scale: float, target: int) -> np.ndarray:
    """Return the (target, source) weights of a triangle filter; rows that miss the source are 0.

    Target pixel t has its centre at (t + 0.5 - start) / scale in source pixels.
    """
    support = max(1.0, 1 / scale)
    centres = (np.arange(target) + 0.5 - start) / scale
    weights = np.maximum(0, 1 - np.abs(np.arange(source)[None] + 0.5 - centres[:, None]) / support)
    # Divided by the filter's full weight, not by what falls inside: beyond the picture is paper.
    full = np.maximum(0, 1 - np.abs(np.floor(centres)[:, None] + np.arange(-int(support) - 2, int(support) + 3)[None]
                                    + 0.5 - centres[:, None]) / support).sum(1)
    return weights / full[:, None]


def rasterise_image(rgba: np.ndarray, size: int, margin: float) -> np.ndarray:
    """Return the coverage (size, size) float32 in [0, 1], 0 is paper, of a picture of one character.

    Args:
        rgba: (H, W, 4) uint8; dark on light or light on dark.

    Raises:
        DataError: if the picture is smaller than 2 x 2 pixels or shows no ink.
    """
    if min(rgba.shape[:2]) < 2:
        raise DataError(f"The picture is {rgba.shape[1]} x {rgba.shape[0]} pixels: expected at least 2 x 2.")
    grey = to_grey(rgba)
    difference = np.abs(grey - paper_level(grey))
    if difference.max() < MIN_CONTRAST:
        raise DataError("The picture shows no ink: every pixel is nearly the colour of the paper.")
    ink = difference >= otsu_threshold(difference)
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    scale = (1 - 2 * margin) * size / max(bottom - top, right - left)
    contrast = np.minimum(1, difference / difference[ink].mean())[top:bottom, left:right]
    across = _resampling_matrix(right - left, (size - (right - left) * scale) / 2, scale, size)
    down = _resampling_matrix(bottom - top, (size - (bottom - top) * scale) / 2, scale, size)
    return np.clip(down @ contrast @ across.T, 0, 1).astype(np.float32)
