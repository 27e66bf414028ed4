"""Pictures of one character to pixels: the same fit as ink, after finding paper and ink.

    grey        luminance 299 R + 587 G + 114 B, laid over white where transparent, an integer from 0 to 65,025,000
    light       evened out where a photograph's paper is not evenly lit (`training.paper`)
    polarity    the median of all pixels is paper; ink is whatever differs from it: |grey - paper|
    ink         Otsu's threshold over 256 bins (Otsu 1979) parts ink from paper; its box, without dust and the lines of
                a cell, is the character (`training.scraps`)
    contrast    from what may be the paper's grain, 3/10 of the threshold (0), to the mean of the ink's differences (1),
                clamped
    fit         the bounding box centred, its longer side (1 - 2·margin)·size, resampled with a triangle filter
                whose support is one source pixel, or one target pixel when shrinking

All up to the contrast is done in whole numbers: one grey level rounded differently could move the threshold, and with
it the bounding box. Mirrored by web/static/kakitori/shared/image.js; equality is tested.
"""

import numpy as np
from numba import njit

from training.errors import DataError
from training.paper import even_light
from training.scraps import find_box

LUMINANCE = (299, 587, 114)  # thousandths, ITU-R BT.601
WHITE = 255 * 1000 * 255  # grey of white paper: 255 levels, thousandths, 255 levels of alpha
MIN_CONTRAST = WHITE // 20  # below this range of grey a picture is taken as empty
BINS = 256
BIN = WHITE // BINS + 1  # levels of grey in a bin
# Of the threshold: in pale pencil on grainy paper (`training.scan`) less leaves grain, and more takes ink for paper.
GRAIN = (3, 10)


def to_grey(rgba: np.ndarray) -> np.ndarray:
    """Return luminance (H, W) int32 in [0, WHITE] of (H, W, 4) uint8 pixels, over white."""
    red, green, blue, alpha = (rgba[..., channel].astype(np.int32) for channel in range(4))
    light = LUMINANCE[0] * red + LUMINANCE[1] * green + LUMINANCE[2] * blue
    return light * alpha + 255_000 * (255 - alpha)


def rasterise_image(rgba: np.ndarray, size: int, margin: float) -> np.ndarray:
    """Return the coverage (size, size) float32 in [0, 1], 0 is paper, of a picture of one character.

    Args:
        rgba: (H, W, 4) uint8; dark on light or light on dark.

    Raises:
        DataError: if the picture is smaller than 2 x 2 pixels or shows no ink.
    """
    if min(rgba.shape[:2]) < 2:
        raise DataError(f"The picture is {rgba.shape[1]} x {rgba.shape[0]} pixels: expected at least 2 x 2.")
    image = np.zeros((size, size), np.float32)
    if not _fit(even_light(to_grey(rgba), WHITE, MIN_CONTRAST), margin, image):
        raise DataError("The picture shows no ink: every pixel is nearly the colour of the paper.")
    return image


def rasterise_levels(levels: np.ndarray, top: int, size: int, margin: float) -> tuple[np.ndarray, np.ndarray]:
    """Return what `rasterise_image` makes of many grey pictures, a few thousand a second, and which of them show ink.

    They are taken as evenly lit, as scanned and rendered pictures are.

    Args:
        levels: (N, H, W) uint8 in [0, top], at least 2 x 2 pixels; dark on light or light on dark.

    Returns:
        (N, size, size) uint8 coverage, 0 paper, 255 ink, rounded; and (N,) bool, False where a picture shows no ink
        (its image is then all paper).
    """
    images, inked = np.zeros((len(levels), size, size), np.uint8), np.zeros(len(levels), np.bool_)
    _fit_levels(levels, WHITE // top, margin, images, inked)
    return images, inked


@njit(cache=True, nogil=True)
def _fit_levels(levels, step, margin, images, inked):
    coverage = np.empty(images.shape[1:], np.float32)
    for n in range(len(levels)):
        inked[n] = _fit(levels[n] * np.int32(step), margin, coverage)
        if inked[n]:
            images[n] = np.rint(coverage * np.float32(255)).astype(np.uint8)


@njit(cache=True, nogil=True)
def _fit(grey, margin, image):
    """Write the coverage of `grey` (H, W) int32 to `image` (S, S) float32; return False where there is no ink."""
    difference, counts = _survey(grey, _paper_level(grey))
    if difference.max() < MIN_CONTRAST:
        return False
    threshold = _otsu_bin(counts) * BIN
    ink = difference >= threshold
    top, bottom, left, right = find_box(ink)
    grain = threshold * GRAIN[0] // GRAIN[1]
    contrast = _contrast(difference[top:bottom, left:right], grain, _ink_sum(difference, ink) / ink.sum())
    size = len(image)
    scale = (1 - 2 * margin) * size / max(bottom - top, right - left)
    across = _resample(np.ascontiguousarray(_resample(contrast, scale, size).T), scale, size)  # (x, y)
    for y in range(size):
        for x in range(size):
            image[y, x] = min(max(across[x, y], 0.0), 1.0)
    return True


@njit(cache=True, nogil=True)
def _paper_level(grey):
    """Return the median of all pixels, the lower of the two middle ones: the lines of a cell may fill the border."""
    return np.partition(grey.flatten(), (grey.size - 1) // 2)[(grey.size - 1) // 2]


@njit(cache=True, nogil=True)
def _survey(grey, paper):
    """Return |grey - paper| (H, W) int32, and the pixels in each bin."""
    height, width = grey.shape
    difference, counts = np.empty((height, width), np.int32), np.zeros((4, BINS), np.int64)
    for row in range(height):
        for column in range(width):
            apart = abs(np.int32(grey[row, column] - paper))
            difference[row, column] = apart
            counts[column & 3, np.uint32(apart) // np.uint32(BIN)] += 1  # in turn: most are paper, and would queue up
    return difference, counts.sum(0)


@njit(cache=True, nogil=True)
def _ink_sum(difference, ink):
    total = np.int64(0)
    for row in range(len(ink)):
        for column in range(ink.shape[1]):
            total += difference[row, column] if ink[row, column] else 0
    return total


@njit(cache=True, nogil=True)
def _contrast(difference, grain, level):
    contrast = np.empty(difference.shape)
    for row in range(len(difference)):
        source, target = difference[row], contrast[row]
        for column in range(len(source)):
            target[column] = min(1.0, max(0, source[column] - grain) / (level - grain))
    return contrast


@njit(cache=True, nogil=True)
def _otsu_bin(counts):
    """Return the first bin of ink: the split that maximises the variance between the two sides."""
    total, below, moment, best, split = 0.0, 0.0, 0.0, -1.0, 0
    size = float(counts.sum())
    for bin_ in range(BINS):
        total += float(counts[bin_]) * bin_
    for bin_ in range(BINS):
        below += counts[bin_]
        moment += float(counts[bin_]) * bin_
        above = size - below
        if below and above:
            apart = moment / below - (total - moment) / above
            between = below * above * (apart * apart)
            if between > best:
                best, split = between, bin_
    return split + 1


@njit(cache=True, nogil=True)
def _resample(image, scale, size):
    """Return (H, W) resampled down its rows, (size, W)."""
    firsts, taps = _triangle_filter(len(image), scale, size)
    resampled = np.zeros((size, image.shape[1]))
    for y in range(size):
        for k in range(taps.shape[1]):
            weight = taps[y, k]
            if weight:
                source, target = image[firsts[y] + k], resampled[y]
                for x in range(len(target)):
                    target[x] += weight * source[x]
    return resampled


@njit(cache=True, nogil=True)
def _triangle_filter(source, scale, target):
    """Return for each target pixel its first source pixel (target,), and the weights (target, K) from there on.

    The picture's middle is the target's. Target pixel t has its centre at (t + 0.5 - start) / scale in source pixels.
    Weights are divided by the filter's full weight, not by what falls inside: beyond the picture is paper.
    """
    support, start = max(1.0, 1 / scale), (target - source * scale) / 2
    firsts, taps = np.zeros(target, np.int64), np.zeros((target, 2 * int(np.ceil(support)) + 2))
    for t in range(target):
        centre = (t + 0.5 - start) / scale
        lowest = int(np.floor(centre - support))
        firsts[t] = min(max(lowest, 0), source)
        full = 0.0
        for s in range(lowest, int(np.ceil(centre + support)) + 1):
            weight = max(0.0, 1 - abs(s + 0.5 - centre) / support)
            full += weight
            if weight > 0 and 0 <= s < source:
                taps[t, s - firsts[t]] = weight
        taps[t] /= full
    return firsts, taps
