"""What pens, paper and cameras make of strokes: from points to pixels, with a real picture's faults. Compiled.

Every change takes the generator explicitly. Amounts were looked at on contact sheets beside real handwriting.
"""

import math

import numpy as np
from numba import njit

from training.ink.hand import CAMERA, PENS, imitate_hand
from training.ink.rasteriser import cover


@njit(cache=True)
def pen_radii(starts, size, pressure, rng):
    """Return (P,) pen radii in pixels: one pen an image, pressed differently along and between strokes, now and then.

    The widest pens of the range are for few strokes: a hand takes a finer one for many. One in ten is a felt tip or a
    brush. `pressure` scales how often it changes.
    """
    many = min(15, len(starts) - 1)
    widest = 2.4 - 0.06 * many if rng.random() < 0.9 else 4.2 - 0.13 * many
    finest = 0.6 if rng.random() < 0.9 else 0.3
    pen = (finest + (widest - finest) * rng.random()) * size / 64
    radii = np.full(starts[-1], pen)
    if rng.random() < 0.4 * pressure:
        for s in range(len(starts) - 1):
            first = pen * math.exp(rng.normal() * 0.25)
            last = pen * math.exp(rng.normal() * 0.3 - 0.1)
            count = starts[s + 1] - starts[s]
            for p in range(count):
                radii[starts[s] + p] = first + (last - first) * p / max(1, count - 1)
    return radii


@njit(cache=True)
def place(points, size, rng):
    """Return the points in pixels: fitted like real ink, with another margin, now and then small or off centre."""
    margin = 0.02 + 0.1 * rng.random() if rng.random() < 0.9 else 0.12 + 0.1 * rng.random()
    side, middle = 1e-9, np.empty(2)
    for axis in range(2):
        low, high = points[:, axis].min(), points[:, axis].max()
        middle[axis] = (low + high) / 2
        side = max(side, high - low)
    shift = rng.normal() * 0.015 * size if rng.random() < 0.4 else 0.0
    scaled = (points - middle) * ((1 - 2 * margin) * size / side) + size / 2
    scaled[:, 0] += shift
    scaled[:, 1] += shift * rng.normal()
    return scaled


@njit(cache=True)
def blur(image):
    """Return an image (H, W) after a 3x3 binomial filter, paper beyond the edges."""
    rows, columns = image.shape
    across, both = np.zeros_like(image), np.zeros_like(image)
    for i in range(rows):
        for j in range(columns):
            left, right = image[i, j - 1] if j > 0 else 0.0, image[i, j + 1] if j < columns - 1 else 0.0
            across[i, j] = 0.25 * (left + right) + 0.5 * image[i, j]
    for i in range(rows):
        for j in range(columns):
            above, below = across[i - 1, j] if i > 0 else 0.0, across[i + 1, j] if i < rows - 1 else 0.0
            both[i, j] = 0.25 * (above + below) + 0.5 * across[i, j]
    return both


@njit(cache=True)
def photograph(image, rng):
    """Return coverage (H, W) as a camera or scanner might see it: soft, grainy, pale, specked, lined, thresholded."""
    if rng.random() < 0.6:
        image = blur(image)
        for _ in range(rng.integers(0, 5) if image.shape[0] >= 48 and rng.random() < 0.5 else 0):
            image = blur(image)
    gain, gamma = 0.9 + 0.7 * rng.random(), 0.6 + 0.9 * rng.random()
    grain = 0.1 * rng.random() if rng.random() < 0.5 else 0.0
    patchiness = 0.3 * rng.random() if rng.random() < 0.2 else 0.0
    threshold = (0.3 + 0.35 * rng.random()) * image.max() if rng.random() < 0.25 else 0.0
    patch = 0.0
    for i in range(image.shape[0]):
        for j in range(image.shape[1]):
            value = min(1.0, image[i, j] * gain)
            if patchiness > 0:
                patch = 0.7 * patch + patchiness * rng.normal()
                value *= 1 - min(0.85, abs(patch))
            if grain > 0:
                value += grain * rng.normal()
            if threshold > 0:
                value = 1.0 if value > min(0.65, threshold) else 0.0
            image[i, j] = min(1.0, max(0.0, value)) ** gamma
    image *= (0.7 + 0.3 * rng.random()) / max(0.1, image.max())
    if rng.random() < 0.2:
        for _ in range(rng.integers(1, 6)):
            image[rng.integers(0, image.shape[0]), rng.integers(0, image.shape[1])] = 0.3 + 0.7 * rng.random()
    if rng.random() < 0.05:
        if rng.random() < 0.5:
            draw_line(image, rng)
        else:
            draw_line(image.T, rng)
    return image


@njit(cache=True)
def draw_line(image, rng):
    """Draw what is seen of the line of a cell into the outermost rows of an image (H, W), in place."""
    row = rng.integers(0, 3) if rng.random() < 0.5 else image.shape[0] - 1 - rng.integers(0, 3)
    first, length = rng.integers(0, image.shape[1]), rng.integers(0, image.shape[1])
    shade = 0.4 + 0.6 * rng.random()
    for x in range(first, min(first + length, image.shape[1])):
        image[row, x] = max(image[row, x], shade)


@njit(cache=True)
def draw_batch(
    images, labels, strokes, components, parts, looseness, hooks, stroke_starts, template_starts, near_duplicates,
    needed, effects, photographed, rng,
):
    """Fill `images` (N, H, H) uint8 (0 paper, 255 ink) with one imitation each of the classes `labels` (N,).

    The other arrays are those of `training.ink.kanjivg.Templates`; `photographed` is the share of images that pass
    through `photograph`, `effects` are strengths, see `training.ink.hand`.
    """
    size = images.shape[1]
    for n in range(len(labels)):
        first, last = template_starts[labels[n]], template_starts[labels[n] + 1]
        form = rng.integers(first, last)
        begin, end = stroke_starts[form], stroke_starts[form + 1]
        template = strokes[begin:end].astype(np.float64)
        others = np.empty((np.sum(near_duplicates[form] >= 0), *template.shape))
        for k in range(len(others)):
            others[k] = strokes[stroke_starts[near_duplicates[form, k]] : stroke_starts[near_duplicates[form, k] + 1]]
        points, starts = imitate_hand(
            template, others, components[begin:end], parts[begin:end], looseness[begin:end], hooks[begin:end],
            needed[begin:end], effects, rng,
        )  # fmt: skip
        coverage = np.zeros((size, size))
        cover(coverage, place(points, size, rng), starts, pen_radii(starts, size, effects[PENS], rng))
        if rng.random() < photographed * effects[CAMERA]:
            coverage = photograph(coverage, rng)
        for i in range(size):
            for j in range(size):
                images[n, i, j] = np.uint8(coverage[i, j] * 255 + 0.5)
