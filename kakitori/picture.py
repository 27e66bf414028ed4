"""Pictures of one character to pixels: ink is separated from paper, then fitted as strokes are.

    grey        luminance 299 R + 587 G + 114 B, composited over white, an integer from 0 to WHITE = 65,025,000
    light       illumination correction (`kakitori.illumination`)
    polarity    the median of all pixels is the paper; the difference |grey - paper| shows ink of either polarity
    ink         pixels whose difference reaches Otsu's threshold over BINS bins (Otsu 1979); their bounding box,
                without speckle and ruled lines (`kakitori.speckle`), is that of the character
    contrast    the difference, scaled from GRAIN of the threshold (0) to the mean difference of ink (1), and clamped
    fit         the bounding box centred, its longer side (1 - 2·margin)·size, resampled with a triangle filter
                whose support is one source pixel, or one target pixel when shrinking

Integer arithmetic up to the contrast: one grey level rounded differently could move the threshold, and with it the
bounding box. Mirrored by web/static/kakitori/shared/picture.js; equality is tested.
"""

import numpy as np

from kakitori.errors import DataError, NoInkError
from kakitori.illumination import correct_illumination
from kakitori.speckle import find_box

LUMINANCE = (299, 587, 114)  # thousandths, ITU-R BT.601
WHITE = 255 * 1000 * 255  # grey of white paper: 255 levels, thousandths, 255 levels of alpha
MIN_CONTRAST = WHITE // 20  # a picture in which no difference reaches it shows no ink
BINS = 256
BIN = WHITE // BINS + 1  # levels in a bin
# Differences up to this share of the threshold are the paper's grain. A smaller share leaves grain in the image, and a
# larger one removes pale ink: docs/measurements.md#grain.
GRAIN = (3, 10)


def to_grey(rgba: np.ndarray) -> np.ndarray:
    """Return the luminance (H, W) int32 in [0, WHITE] of RGBA pixels (H, W, 4) uint8, composited over white."""
    red, green, blue, alpha = (rgba[..., channel].astype(np.int32) for channel in range(4))
    light = LUMINANCE[0] * red + LUMINANCE[1] * green + LUMINANCE[2] * blue
    return light * alpha + 255_000 * (255 - alpha)


def rasterise_image(rgba: np.ndarray, size: int, margin: float) -> np.ndarray:
    """Return the coverage (size, size) float32 in [0, 1], 0 is paper, of a picture of one character.

    Args:
        rgba: (H, W, 4) uint8; dark on light or light on dark.
        size: side of the image in pixels.
        margin: share of the side left free on each side of the ink's longer extent.

    Raises:
        DataError: if the picture is smaller than 2 x 2 pixels.
        NoInkError: if it shows no ink.
    """
    if min(rgba.shape[:2]) < 2:
        raise DataError(f"The picture is {rgba.shape[1]} x {rgba.shape[0]} pixels: expected at least 2 x 2.")
    image = fit_grey(correct_illumination(to_grey(rgba), WHITE, MIN_CONTRAST), margin, size)
    if image is None:
        raise NoInkError("The picture shows no ink: no pixel differs enough from the paper.")
    return image


def fit_grey(grey: np.ndarray, margin: float, size: int) -> np.ndarray | None:
    """Return the coverage (size, size) float32 of a grey picture (H, W) int32 in [0, WHITE]; None without ink.

    Compiled for many pictures in training/data/levels.py; equality is tested.
    """
    middle = (grey.size - 1) // 2  # the lower median of all pixels is paper: the border alone may be ruled lines
    difference = np.abs(grey - np.partition(grey.ravel(), middle)[middle])
    if difference.max() < MIN_CONTRAST:
        return None
    threshold = _otsu_bin(np.bincount((difference // BIN).ravel(), minlength=BINS)) * BIN
    ink = difference >= threshold
    top, bottom, left, right = find_box(ink)
    grain = threshold * GRAIN[0] // GRAIN[1]
    level = difference[ink].sum(dtype=np.int64) / ink.sum()
    box = difference[top:bottom, left:right]
    contrast = np.minimum(1.0, np.maximum(0, box - grain) / (level - grain))
    scale = (1 - 2 * margin) * size / max(box.shape)
    across = _resample(np.ascontiguousarray(_resample(contrast, scale, size).T), scale, size)  # (x, y)
    coverage: np.ndarray = np.clip(across.T, 0.0, 1.0).astype(np.float32)
    return coverage


def _otsu_bin(counts: np.ndarray) -> int:
    """Return the first bin of ink of (BINS,) counts: the split that maximises the variance between the two sides."""
    counts = counts.astype(np.float64)
    below, moment = np.cumsum(counts), np.cumsum(counts * np.arange(BINS))
    above = below[-1] - below
    is_split = (below > 0) & (above > 0)
    apart = moment[is_split] / below[is_split] - (moment[-1] - moment[is_split]) / above[is_split]
    between = below[is_split] * above[is_split] * (apart * apart)
    return int(np.flatnonzero(is_split)[np.argmax(between)]) + 1


def _resample(image: np.ndarray, scale: float, size: int) -> np.ndarray:
    """Return an image (H, W) resampled along its columns, (size, W) float64."""
    firsts, taps = _triangle_filter(len(image), scale, size)
    resampled = np.zeros((size, image.shape[1]))
    for k in range(taps.shape[1]):  # tap by tap: the same order of additions as in JavaScript
        resampled += taps[:, k, None] * image[np.minimum(firsts + k, len(image) - 1)]
    return resampled


def _triangle_filter(source: int, scale: float, target: int) -> tuple[np.ndarray, np.ndarray]:
    """Return for each target pixel its first source pixel (target,), and the weights (target, K) from there on.

    The centres of both coincide: target pixel t is centred at (t + 0.5 - start) / scale in source pixels. Weights are
    divided by the filter's full weight, also where it reaches beyond the picture: there is paper.
    """
    support, start = max(1.0, 1 / scale), (target - source * scale) / 2
    centres = (np.arange(target) + 0.5 - start) / scale
    lowest = np.floor(centres - support).astype(np.int64)
    places = lowest[:, None] + np.arange(2 * int(np.ceil(support)) + 2)  # (target, K)
    weights = np.maximum(0.0, 1 - np.abs(places + 0.5 - centres[:, None]) / support)
    full = np.zeros(target)
    for column in weights.T:  # column by column: the same order of additions as in JavaScript
        full += column
    weights = np.where((places >= 0) & (places < source), weights, 0.0) / full[:, None]
    return np.maximum(lowest, 0), _shifted(weights, np.maximum(-lowest, 0))


def _shifted(weights: np.ndarray, by: np.ndarray) -> np.ndarray:
    """Return weights (target, K) shifted left by `by` (target,) columns, filled with zeros."""
    columns = np.arange(weights.shape[1]) + by[:, None]
    moved = np.take_along_axis(weights, np.minimum(columns, weights.shape[1] - 1), axis=1)
    return np.where(columns < weights.shape[1], moved, 0.0)
