"""Pictures to pixels as `kakitori.picture` defines them, compiled: the same images (tested), thousands a second.

For pictures that are evenly lit, as scans and rendered glyphs are: without the illumination correction. Compiled
functions take grey levels as int32 in [0, WHITE]; lengths are pixels.
"""

import numpy as np

from kakitori.picture import BIN, BINS, GRAIN, MIN_CONTRAST, WHITE
from kakitori.speckle import EDGE, FRAGMENTED, INWARD, LONG, SPECKLE, TINY, TINY_SPECKLE
from training.ink.compiled import compiled

TOP, BOTTOM, LEFT, RIGHT, PIXELS, INSIDE = range(6)  # columns of a component: its box, pixels, pixels not in the edge


def rasterise_levels(levels: np.ndarray, top: int, size: int, margin: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the images of many grey pictures, and whether each shows ink.

    Args:
        levels: (N, H, W) uint8 in [0, top], at least 2 x 2 pixels; dark on light or light on dark.
        top: level of white.
        size: side of the images in pixels.
        margin: share of the side left free on each side of the ink's longer extent.

    Returns:
        (N, size, size) uint8, coverage rounded to 0 (paper) to 255 (ink); and (N,) bool, False where a picture shows no
        ink (its image is then all 0).
    """
    images, inked = np.zeros((len(levels), size, size), np.uint8), np.zeros(len(levels), np.bool_)
    _fit_levels(levels, WHITE // top, margin, images, inked)
    return images, inked


@compiled
def _fit_levels(levels: np.ndarray, step: int, margin: float, images: np.ndarray, inked: np.ndarray) -> None:
    """Fill images (N, S, S) uint8 and inked (N,) bool from levels (N, H, W) uint8 times `step`."""
    coverage = np.empty(images.shape[1:], np.float32)
    for n in range(len(levels)):
        inked[n] = _fit(levels[n] * np.int32(step), margin, coverage)
        if inked[n]:
            images[n] = np.rint(coverage * np.float32(255)).astype(np.uint8)


@compiled
def _fit(grey: np.ndarray, margin: float, image: np.ndarray) -> bool:
    """Fill image (S, S) float32 in [0, 1] with the coverage of grey (H, W); return False where there is no ink."""
    difference, counts = _survey(grey, _paper_level(grey))
    if difference.max() < MIN_CONTRAST:
        return False
    threshold = _otsu_bin(counts) * BIN
    ink = difference >= threshold
    top, bottom, left, right = _find_box(ink)
    grain = threshold * GRAIN[0] // GRAIN[1]
    contrast = _contrast(difference[top:bottom, left:right], grain, _ink_sum(difference, ink) / ink.sum())
    size = len(image)
    scale = (1 - 2 * margin) * size / max(bottom - top, right - left)
    across = _resample(np.ascontiguousarray(_resample(contrast, scale, size).T), scale, size)  # (x, y)
    for y in range(size):
        for x in range(size):
            image[y, x] = min(max(across[x, y], 0.0), 1.0)
    return True


@compiled
def _paper_level(grey: np.ndarray) -> np.int32:
    """Return the lower median of all pixels of grey (H, W)."""
    return np.partition(grey.flatten(), (grey.size - 1) // 2)[(grey.size - 1) // 2]


@compiled
def _survey(grey: np.ndarray, paper: np.int32) -> tuple[np.ndarray, np.ndarray]:
    """Return |grey - paper|, (H, W) int32, and the number of pixels in each bin, (BINS,) int64."""
    height, width = grey.shape
    difference, counts = np.empty((height, width), np.int32), np.zeros((4, BINS), np.int64)
    for row in range(height):
        for column in range(width):
            apart = abs(np.int32(grey[row, column] - paper))
            difference[row, column] = apart
            # Four counts in turn: most pixels are paper, and one counter would wait for itself.
            counts[column & 3, np.uint32(apart) // np.uint32(BIN)] += 1
    return difference, counts.sum(0)


@compiled
def _ink_sum(difference: np.ndarray, ink: np.ndarray) -> np.int64:
    """Return the sum of difference (H, W) int32 over the pixels of ink (H, W) bool, int64."""
    total = np.int64(0)
    for row in range(len(ink)):
        for column in range(ink.shape[1]):
            total += difference[row, column] if ink[row, column] else 0
    return total


@compiled
def _contrast(difference: np.ndarray, grain: int, level: float) -> np.ndarray:
    """Return difference (H, W) int32 scaled from [grain, level] to [0, 1], float64, clamped."""
    contrast = np.empty(difference.shape)
    for row in range(len(difference)):
        source, target = difference[row], contrast[row]
        for column in range(len(source)):
            target[column] = min(1.0, max(0, source[column] - grain) / (level - grain))
    return contrast


@compiled
def _otsu_bin(counts: np.ndarray) -> int:
    """Return the first bin of ink of counts (BINS,) int64: see `kakitori.picture`."""
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


@compiled
def _resample(image: np.ndarray, scale: float, size: int) -> np.ndarray:
    """Return image (H, W) float64 resampled down its rows, (size, W)."""
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


@compiled
def _triangle_filter(source: int, scale: float, target: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the first source pixel of each target pixel, (target,) int64, and its weights (target, K) float64."""
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


@compiled
def _find_box(ink: np.ndarray) -> tuple[int, int, int, int]:
    """Return (top, bottom, left, right) of the character in ink (H, W) bool: see `kakitori.speckle.find_box`."""
    components = _find_components(ink)
    pixels = components[:, PIXELS]
    total = pixels.sum()
    is_speckle = (pixels * SPECKLE < total) | ((pixels <= TINY) & (pixels * TINY_SPECKLE < total))
    if pixels[is_speckle].sum() * FRAGMENTED > total:
        is_speckle[:] = False
    height, width = ink.shape
    is_line = (components[:, INSIDE] * INWARD <= pixels) & (
        ((components[:, BOTTOM] - components[:, TOP]) * LONG[1] >= height * LONG[0])
        | ((components[:, RIGHT] - components[:, LEFT]) * LONG[1] >= width * LONG[0])
    )
    rest = ~is_speckle & ~is_line
    if not rest.any() or (components[rest, INSIDE] < pixels[rest]).any():
        rest = ~is_speckle
    kept = components[rest]
    return kept[:, TOP].min(), kept[:, BOTTOM].max(), kept[:, LEFT].min(), kept[:, RIGHT].max()


@compiled
def _find_components(ink: np.ndarray) -> np.ndarray:
    """Return the 8-connected components of ink (H, W) bool, (N, 6) int64; at least one pixel is ink."""
    height, width = ink.shape
    edge_y, edge_x = max(1, height // EDGE), max(1, width // EDGE)
    seen, stack = np.zeros((height, width), np.bool_), np.empty(height * width, np.int64)
    components = []
    for start in range(height * width):
        if not ink[start // width, start % width] or seen[start // width, start % width]:
            continue
        component, count = np.array([height, 0, width, 0, 0, 0]), 1
        stack[0], seen[start // width, start % width] = start, True
        while count:
            count -= 1
            y, x = stack[count] // width, stack[count] % width
            component[TOP], component[BOTTOM] = min(component[TOP], y), max(component[BOTTOM], y + 1)
            component[LEFT], component[RIGHT] = min(component[LEFT], x), max(component[RIGHT], x + 1)
            component[PIXELS] += 1
            component[INSIDE] += edge_y <= y < height - edge_y and edge_x <= x < width - edge_x
            for near_y in range(max(0, y - 1), min(height, y + 2)):
                for near_x in range(max(0, x - 1), min(width, x + 2)):
                    if ink[near_y, near_x] and not seen[near_y, near_x]:
                        seen[near_y, near_x] = True
                        stack[count] = near_y * width + near_x
                        count += 1
        components.append(component)
    found = np.empty((len(components), 6), np.int64)
    for n in range(len(components)):
        found[n] = components[n]
    return found
