"""What another hand or printer would have made of a stored glyph, which is the same each time it comes. Compiled.

The glyph is bent by the two displacement fields, turned, slanted and stretched as a hand's strokes are
(`training.ink.hand`), found and fitted anew, made thinner or thicker, and now and then photographed
(`training.ink.camera`).
Amounts were looked at on contact sheets.
"""

import numpy as np
from numba import njit

from training.data.distortion import sample
from training.ink.camera import photograph, place
from training.ink.hand import COARSE, COARSE_SD, FINE, FINE_SD, TURNED, displace, slant

NODES = 17  # of the lattice along each axis: places in between are interpolated
EXTENT = 0.7  # of the lattice on each side of the middle, in sides of the image: what is bent outwards stays on it
PROBES = 56  # along each axis, to find the ink by
INKED = 64  # level of a probe from which on it counts as ink
THINNEST, THICKEST = 0.45, 1.0  # pixels at 64 px, on each side of a stroke: see `change_weight`
WEIGHED, PHOTOGRAPHED = 0.7, 0.35  # shares of images


@njit(cache=True)
def bend_lattice(rng):
    """Return where each node of a lattice over the target lies in the source, (NODES², 2) in sides from the middle."""
    a = min(1.6, abs(rng.normal() * 0.4 + 0.7))
    nodes = np.empty((NODES * NODES, 2))
    for i in range(NODES):
        for j in range(NODES):
            nodes[i * NODES + j, 0] = (2 * j / (NODES - 1) - 1) * EXTENT
            nodes[i * NODES + j, 1] = (2 * i / (NODES - 1) - 1) * EXTENT
    displace(nodes, COARSE, COARSE_SD * a, rng)
    displace(nodes, FINE, FINE_SD * a, rng)
    slant(nodes, a, TURNED, rng)
    return nodes


@njit(cache=True)
def split_place(place):
    """Return the node before a place in sides from the middle, along an axis, and the share of the way to the next."""
    at = (place + EXTENT) * ((NODES - 1) / (2 * EXTENT))
    node = min(max(int(at), 0), NODES - 2)
    return node, at - node


@njit(cache=True)
def fill_row(image, nodes, y, first, step, levels):
    """Fill `levels` (T,) float64 with what places of the target show of an image (S, S); beyond its edge is paper.

    Args:
        nodes: see `bend_lattice`.
        y, first, step: the places, in sides from the middle: y across, first + step · t along.
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


@njit(cache=True)
def find_ink(image, nodes):
    """Return two opposite corners (2, 2) of the box that the bent ink fills, in sides from the middle."""
    step = 2 * EXTENT / PROBES
    corners = np.empty((2, 2))
    corners[0], corners[1] = EXTENT, -EXTENT
    levels = np.empty(PROBES)
    for i in range(PROBES):
        y = (i + 0.5) * step - EXTENT
        fill_row(image, nodes, y, 0.5 * step - EXTENT, step, levels)
        for j in range(PROBES):
            if levels[j] >= INKED:
                x = (j + 0.5) * step - EXTENT
                corners[0, 0], corners[1, 0] = min(corners[0, 0], x), max(corners[1, 0], x)
                corners[0, 1], corners[1, 1] = min(corners[0, 1], y), max(corners[1, 1], y)
    if corners[1, 0] < corners[0, 0]:  # nothing is dark enough: the whole image
        corners[0], corners[1] = -0.5, 0.5
        return corners
    corners[0] -= step / 2
    corners[1] += step / 2
    return corners


@njit(cache=True)
def draw_bent(image, nodes, coverage, rng):
    """Fill `coverage` (T, T) float64 in [0, 1] with the bent ink of an image (S, S) uint8, fitted as ink is."""
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


@njit(cache=True)
def change_weight(coverage, share):
    """Return coverage (T, T) with strokes thicker by about `share` of a pixel on each side, thinner where negative."""
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


@njit(cache=True)
def vary_batch(images, targets, rng):
    """Fill targets (N, T, T) uint8 with what others would have made of the glyphs images (N, S, S) uint8."""
    size = targets.shape[1]
    coverage = np.empty((size, size))
    for n in range(len(images)):
        draw_bent(images[n], bend_lattice(rng), coverage, rng)
        varied = coverage
        if rng.random() < WEIGHED:
            # Dark glyphs are thickened less: their counters are narrow already.
            thickest = THICKEST * max(0.0, 1 - 2 * coverage.mean())
            share = (-THINNEST + (THINNEST + thickest) * rng.random()) * size / 64
            varied = change_weight(coverage, min(1.0, share))
        if rng.random() < PHOTOGRAPHED:
            varied = photograph(varied, rng)
        for i in range(size):
            for j in range(size):
                targets[n, i, j] = np.uint8(varied[i, j] * 255 + 0.5)
