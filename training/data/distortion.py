"""Random affine distortion of stored images: turned, slanted, stretched, shifted. Compiled.

Without distortion the same pass resamples images to the side that a network is trained on. Images are square, uint8
coverage (0 paper, 255 ink); `rng` is a `numpy.random.Generator`.
"""

import math

import numpy as np

from training.ink.compiled import compiled

# Standard deviations. Half and twice of them were less accurate, and so was varying the weight of strokes:
# docs/measurements.md#distortion.
TURN_SD = 0.08  # radians
SLANT_SD = 0.08  # x per y
STRETCH_SD = 0.06  # of the natural logarithm of each axis's factor
SHIFT_SD = 0.025  # sides of the image


@compiled
def inverse_map(distorted: bool, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return a random map from the target to the source: a matrix (2, 2) and a shift (2,) in sides, both float64.

    Both act on (x, y) from the middle of the image. Without `distorted` it is the identity.
    """
    if not distorted:
        return np.eye(2), np.zeros(2)
    turn, slant = rng.normal() * TURN_SD, rng.normal() * SLANT_SD
    wide, high = math.exp(rng.normal() * STRETCH_SD), math.exp(rng.normal() * STRETCH_SD)
    across = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    return across @ np.array([[wide, slant], [0.0, high]]), np.array([rng.normal(), rng.normal()]) * SHIFT_SD


@compiled
def sample(image: np.ndarray, y: np.float32, x: np.float32) -> np.float32:
    """Return the bilinear grey level of an image (H, H) uint8 at a place, float32 in [0, 255].

    Args:
        y, x: float32, in pixels; whole numbers are the centres of pixels. Outside, the level of the nearest edge holds.
    """
    last = np.float32(image.shape[0] - 1)
    y, x = min(max(y, np.float32(0)), last), min(max(x, np.float32(0)), last)
    i, j = min(int(y), image.shape[0] - 2), min(int(x), image.shape[0] - 2)
    v, u = y - np.float32(i), x - np.float32(j)
    above, below = image[i], image[i + 1]
    top = above[j] + (np.float32(above[j + 1]) - above[j]) * u
    return top + (below[j] + (np.float32(below[j + 1]) - below[j]) * u - top) * v


@compiled
def warp(image: np.ndarray, target: np.ndarray, matrix: np.ndarray, shift: np.ndarray) -> None:
    """Fill `target` (T, T) float32 in [0, 255] with an image (S, S) uint8 through a map, averaged where it shrinks.

    `matrix` and `shift` are those of `inverse_map`.
    """
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


@compiled
def distort_batch(images: np.ndarray, targets: np.ndarray, rng: np.random.Generator, distorted: bool) -> None:
    """Fill `targets` (N, T, T) uint8 from `images` (N, S, S) uint8; without `distorted` they are resampled only."""
    drawn: np.ndarray = np.empty(targets.shape[1:], np.float32)
    for n in range(len(images)):
        matrix, shift = inverse_map(distorted, rng)
        warp(images[n], drawn, matrix, shift)
        for i in range(drawn.shape[0]):
            for j in range(drawn.shape[1]):
                targets[n, i, j] = int(drawn[i, j] + 0.5)
