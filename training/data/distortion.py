"""What another hand would have made of a stored image: turned, slanted, stretched, moved.

Compiled. The same pass fits images to the side that is trained on.
"""

import math

import numpy as np
from numba import njit

# Standard deviations. On scikit-learn's digits (8 epochs at 32 pixels, five divisions, 1,790 images in all, 2026-11-21)
# 17 were read wrongly without distortion, 6 with this one, 8 with half and 9 with nearly twice of it; thinner and
# thicker strokes besides left 8 wrong, so they are not varied.
TURN, SLANT, STRETCH = 0.08, 0.08, 0.06  # radians, share, share
SHIFT = 0.025  # share of the side


@njit(cache=True)
def inverse_map(distorted, rng):
    """Return the 2 x 2 matrix from the target's to the source's directions, and the shift (2,) in sides."""
    if not distorted:
        return np.eye(2), np.zeros(2)
    turn, slant = rng.normal() * TURN, rng.normal() * SLANT
    wide, high = math.exp(rng.normal() * STRETCH), math.exp(rng.normal() * STRETCH)
    across = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    return across @ np.array([[wide, slant], [0.0, high]]), np.array([rng.normal(), rng.normal()]) * SHIFT


@njit(cache=True)
def sample(image, y, x):
    """Return the bilinear value of an image (H, W) at a place in pixels; beyond the edge its last pixel goes on."""
    last = np.float32(image.shape[0] - 1)
    y, x = min(max(y, np.float32(0)), last), min(max(x, np.float32(0)), last)
    i, j = min(int(y), image.shape[0] - 2), min(int(x), image.shape[0] - 2)
    v, u = y - np.float32(i), x - np.float32(j)
    above, below = image[i], image[i + 1]
    top = above[j] + (np.float32(above[j + 1]) - above[j]) * u
    return top + (below[j] + (np.float32(below[j + 1]) - below[j]) * u - top) * v


@njit(cache=True)
def warp(image, target, matrix, shift):
    """Fill `target` (T, T) float32 with the image (S, S) seen through the map, averaged where it shrinks."""
    source, size = image.shape[0], target.shape[0]
    steps = max(1, round(source / size))  # samples a pixel along each axis
    step = 1 / (steps * size)  # between samples, in sides
    target[:] = 0
    for i in range(size * steps):
        y = (i + 0.5) * step - 0.5
        first = 0.5 * step - 0.5
        at_y = np.float32((matrix[1, 0] * first + matrix[1, 1] * y + 0.5 + shift[1]) * source - 0.5)
        at_x = np.float32((matrix[0, 0] * first + matrix[0, 1] * y + 0.5 + shift[0]) * source - 0.5)
        down, right = np.float32(matrix[1, 0] * step * source), np.float32(matrix[0, 0] * step * source)
        row = target[i // steps]
        for j in range(size):
            for q in range(steps):
                k = np.float32(j * steps + q)
                row[j] += sample(image, at_y + k * down, at_x + k * right)
    target /= np.float32(steps * steps)


@njit(cache=True)
def distort_batch(images, targets, rng, distorted):
    """Fill targets (N, T, T) uint8 from images (N, S, S) uint8; without `distorted` they are only resampled."""
    drawn = np.empty(targets.shape[1:], np.float32)
    for n in range(len(images)):
        matrix, shift = inverse_map(distorted, rng)
        warp(images[n], drawn, matrix, shift)
        for i in range(drawn.shape[0]):
            for j in range(drawn.shape[1]):
                targets[n, i, j] = int(drawn[i, j] + 0.5)
