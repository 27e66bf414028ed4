"""Random variation of the glyphs of fonts, which are the same image each time. Compiled.

A glyph is bent by two displacement fields, turned, slanted and stretched (`training.ink.displacement`), cropped and
placed anew (`training.ink.pen`), made thinner or thicker, and for a share photographed (`training.ink.camera`). The
amounts: docs/measurements.md#amounts.

Images are square, uint8 coverage (0 paper, 255 ink). Places are in sides of the image from its middle, y down.
`rng` is a `numpy.random.Generator`.
"""

import numpy as np

from training.data.distortion import sample
from training.ink.amounts import REFERENCE_SIDE
from training.ink.camera import photograph
from training.ink.compiled import compiled
from training.ink.displacement import bend, slant
from training.ink.pen import place

# The strength of one glyph's bending is min(limit, |N(mean, sd)|); compare `training.ink.amounts.HAND`.
STRENGTH_MEAN, STRENGTH_SD, STRENGTH_LIMIT = 0.7, 0.4, 1.6
NODES = 17  # of the lattice along each axis; places between nodes are interpolated
EXTENT = 0.7  # of the lattice on each side of the middle, in sides: ink that is bent outwards stays on it
PROBES = 56  # along each axis, to find the box of the ink
INK_LEVEL = 64  # of 255, from which on a probe is ink
WEIGHED_SHARE = 0.7  # of images whose strokes become thinner or thicker
THINNEST, THICKEST = 0.45, 1.0  # change on each side of a stroke, in pixels of an image of REFERENCE_SIDE
# Dark glyphs are thickened less, since their counters are narrow: not at all where this share of the image is ink.
DARKEST_THICKENED = 0.5
PHOTOGRAPHED_SHARE = 0.35  # of images


@compiled
def bend_lattice(rng: np.random.Generator) -> np.ndarray:
    """Return the place in the source of each node of a lattice over the target, (NODES², 2) float64."""
    a = min(STRENGTH_LIMIT, abs(rng.normal() * STRENGTH_SD + STRENGTH_MEAN))
    nodes = np.empty((NODES * NODES, 2))
    for i in range(NODES):
        for j in range(NODES):
            nodes[i * NODES + j, 0] = (2 * j / (NODES - 1) - 1) * EXTENT
            nodes[i * NODES + j, 1] = (2 * i / (NODES - 1) - 1) * EXTENT
    bend(nodes, a, rng)
    slant(nodes, a, 1.0, rng)
    return nodes


@compiled
def split_place(place: float) -> tuple[int, float]:
    """Return the node before a place along an axis, in [0, NODES - 2], and the share of the way to the next node."""
    at = (place + EXTENT) * ((NODES - 1) / (2 * EXTENT))
    node = min(max(int(at), 0), NODES - 2)
    return node, at - node


@compiled
def fill_row(image: np.ndarray, nodes: np.ndarray, y: float, first: float, step: float, levels: np.ndarray) -> None:
    """Fill `levels` (T,) float64 in [0, 255] with the grey levels of an image (S, S) at places of a row of the target.

    Args:
        nodes: see `bend_lattice`.
        y: of the row.
        first, step: level t is that at x = first + step · t.
    """
    i, v = split_place(y)
    above, below = nodes[i * NODES : (i + 1) * NODES], nodes[(i + 1) * NODES : (i + 2) * NODES]
    row = above + v * (below - above)
    side = image.shape[0]
    for t in range(len(levels)):
        j, u = split_place(first + step * t)
        x = (row[j, 0] + u * (row[j + 1, 0] - row[j, 0]) + 0.5) * side - 0.5
        y_in = (row[j, 1] + u * (row[j + 1, 1] - row[j, 1]) + 0.5) * side - 0.5
        levels[t] = sample(image, np.float32(y_in), np.float32(x))


@compiled
def find_ink(image: np.ndarray, nodes: np.ndarray) -> np.ndarray:
    """Return two opposite corners (2, 2) float64 of the box around the bent ink, the places (x, y) in the target."""
    step = 2 * EXTENT / PROBES
    corners = np.empty((2, 2))
    corners[0], corners[1] = EXTENT, -EXTENT
    levels = np.empty(PROBES)
    for i in range(PROBES):
        y = (i + 0.5) * step - EXTENT
        fill_row(image, nodes, y, 0.5 * step - EXTENT, step, levels)
        for j in range(PROBES):
            if levels[j] >= INK_LEVEL:
                x = (j + 0.5) * step - EXTENT
                corners[0, 0], corners[1, 0] = min(corners[0, 0], x), max(corners[1, 0], x)
                corners[0, 1], corners[1, 1] = min(corners[0, 1], y), max(corners[1, 1], y)
    if corners[1, 0] < corners[0, 0]:  # no probe is dark enough: the whole image
        corners[0], corners[1] = -0.5, 0.5
        return corners
    corners[0] -= step / 2
    corners[1] += step / 2
    return corners


@compiled
def draw_bent(image: np.ndarray, nodes: np.ndarray, coverage: np.ndarray, rng: np.random.Generator) -> None:
    """Fill `coverage` (T, T) float64 in [0, 1] with the bent ink of an image (S, S) uint8, at a random place."""
    size = coverage.shape[0]
    corners = find_ink(image, nodes)
    placed = place(corners, size, rng)
    scale = (corners[1] - corners[0]) / (placed[1] - placed[0])  # sides a pixel
    start = corners[0] - placed[0] * scale
    steps = max(1, round(image.shape[0] / size))  # samples a pixel along each axis
    levels = np.empty(size * steps)
    coverage[:] = 0
    for i in range(size * steps):
        y = start[1] + (i + 0.5) / steps * scale[1]
        fill_row(image, nodes, y, start[0] + 0.5 / steps * scale[0], scale[0] / steps, levels)
        for k in range(len(levels)):
            coverage[i // steps, k // steps] += levels[k]
    coverage *= 1 / (255.0 * steps * steps)


@compiled
def change_weight(coverage: np.ndarray, share: float) -> np.ndarray:
    """Return `coverage` (T, T) in [0, 1] with strokes thicker by about `share` of a pixel on each side, in [-1, 1].

    A negative share makes them thinner.
    """
    size = coverage.shape[0]
    rows, changed = np.empty_like(coverage), np.empty_like(coverage)
    for i in range(size):  # the extreme of each pixel and its neighbours beside it, then above and below
        for j in range(size):
            left, right = coverage[i, max(j - 1, 0)], coverage[i, min(j + 1, size - 1)]
            here = coverage[i, j]
            rows[i, j] = max(left, here, right) if share > 0 else min(left, here, right)
    for i in range(size):
        for j in range(size):
            above, below, here = rows[max(i - 1, 0), j], rows[min(i + 1, size - 1), j], rows[i, j]
            extreme = max(above, here, below) if share > 0 else min(above, here, below)
            changed[i, j] = coverage[i, j] + abs(share) * (extreme - coverage[i, j])
    return changed


@compiled
def vary_batch(images: np.ndarray, targets: np.ndarray, rng: np.random.Generator) -> None:
    """Fill `targets` (N, T, T) uint8 with one random variation of each of the glyphs `images` (N, S, S) uint8."""
    size = targets.shape[1]
    coverage = np.empty((size, size))
    for n in range(len(images)):
        draw_bent(images[n], bend_lattice(rng), coverage, rng)
        varied = coverage
        if rng.random() < WEIGHED_SHARE:
            thickest = THICKEST * max(0.0, 1 - coverage.mean() / DARKEST_THICKENED)
            share = (-THINNEST + (THINNEST + thickest) * rng.random()) * size / REFERENCE_SIDE
            varied = change_weight(coverage, min(1.0, share))
        if rng.random() < PHOTOGRAPHED_SHARE:
            varied = photograph(varied, rng)
        for i in range(size):
            for j in range(size):
                targets[n, i, j] = np.uint8(varied[i, j] * 255 + 0.5)
