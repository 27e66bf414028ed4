"""Pictures of one character to pixels: the same fit as ink, after finding paper and ink.

    grey        luminance 299 R + 587 G + 114 B, laid over white where transparent, an integer from 0 to 65,025,000
    polarity    the median of the outermost pixels is paper; ink is whatever differs from it: |grey - paper|
    ink         Otsu's threshold over 256 bins (Otsu 1979) parts ink from paper; its bounding box is the character
    contrast    paper (0) to the mean difference of the ink pixels (1), clamped
    fit         the bounding box centred, its longer side (1 - 2·margin)·size, resampled with a triangle filter
                whose support is one source pixel, or one target pixel when shrinking

All up to the contrast is done in whole numbers: one grey level rounded differently could move the threshold, and with
it the bounding box. Mirrored by web/static/kakitori/shared/image.js; equality is tested.
"""

import numpy as np

from training.errors import DataError

LUMINANCE = (299, 587, 114)  # thousandths, ITU-R BT.601
WHITE = 255 * 1000 * 255  # grey of white paper: 255 levels, thousandths, 255 levels of alpha
MIN_CONTRAST = WHITE // 20  # below this range of grey a picture is taken as empty
BINS = 256


def to_grey(rgba: np.ndarray) -> np.ndarray:
    """Return luminance (H, W) int32 in [0, WHITE] of (H, W, 4) uint8 pixels, over white."""
    red, green, blue, alpha = (rgba[..., channel].astype(np.int32) for channel in range(4))
    light = LUMINANCE[0] * red + LUMINANCE[1] * green + LUMINANCE[2] * blue
    return light * alpha + 255_000 * (255 - alpha)


def paper_level(grey: np.ndarray) -> int:
    """Return the median of the outermost pixels (the lower of the two middle ones)."""
    border = np.concatenate([grey[0], grey[-1], grey[1:-1, 0], grey[1:-1, -1]])
    return int(np.sort(border)[(len(border) - 1) // 2])


def otsu_bin(bins: np.ndarray) -> int:
    """Return the first bin of ink: the split that maximises the variance between the two sides.

    Args:
        bins: (H, W) integers in [0, BINS).
    """
    counts = np.bincount(bins.ravel(), minlength=BINS).astype(np.float64)
    below = np.cumsum(counts)
    above = bins.size - below
    moment = np.cumsum(counts * np.arange(BINS))
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = moment / below - (moment[-1] - moment) / above
        between = below * above * (apart * apart)
    return int(np.argmax(np.nan_to_num(between, nan=-1.0))) + 1


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
    bins = difference // (WHITE // BINS + 1)
    ink = bins >= otsu_bin(bins)
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    scale = (1 - 2 * margin) * size / max(bottom - top, right - left)
    level = difference[ink].sum(dtype=np.int64) / np.count_nonzero(ink)
    contrast = np.minimum(1, difference[top:bottom, left:right] / level)
    across = _resampling_matrix(right - left, (size - (right - left) * scale) / 2, scale, size)
    down = _resampling_matrix(bottom - top, (size - (bottom - top) * scale) / 2, scale, size)
    return np.clip(down @ contrast @ across.T, 0, 1).astype(np.float32)
