"""Faults of cameras and scanners: blur, gain, grain, pale patches, thresholds, specks, cell lines. Compiled.

Images are coverage, (H, W) float64 in [0, 1], 0 paper and 1 ink; amounts are those of `training.ink.amounts.CAMERA`.
`rng` is a `numpy.random.Generator`.
"""

import numpy as np

from training.ink.amounts import CAMERA
from training.ink.compiled import compiled


@compiled
def photograph(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return an image (H, W) float64 in [0, 1] with random faults of a camera or scanner; `image` may be changed."""
    image = soften(image, rng)
    expose(image, rng)
    add_specks(image, rng)
    add_cell_line(image, rng)
    return image


@compiled
def soften(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return an image (H, W), by chance blurred once or several times; `image` itself where it is not."""
    if rng.random() < CAMERA.blurred_share:
        image = blur(image)
        if image.shape[0] >= CAMERA.more_blurred_side and rng.random() < CAMERA.more_blurred_share:
            for _ in range(rng.integers(0, CAMERA.passes_count_end)):
                image = blur(image)
    return image


@compiled
def blur(image: np.ndarray) -> np.ndarray:
    """Return an image (H, W) after a 3 x 3 binomial filter; beyond the edges is paper."""
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


@compiled
def expose(image: np.ndarray, rng: np.random.Generator) -> None:
    """Change the grey levels of an image (H, W) by gain, gamma, grain, pale patches and a threshold, in place."""
    gain = CAMERA.gain_min + CAMERA.gain_span * rng.random()
    gamma = CAMERA.gamma_min + CAMERA.gamma_span * rng.random()
    grain_sd = CAMERA.largest_grain_sd * rng.random() if rng.random() < CAMERA.grain_share else 0.0
    patch_sd = CAMERA.largest_patch_sd * rng.random() if rng.random() < CAMERA.patchy_share else 0.0
    threshold = 0.0
    if rng.random() < CAMERA.threshold_share:
        threshold = (CAMERA.threshold_min + CAMERA.threshold_span * rng.random()) * image.max()
    patch = 0.0
    for i in range(image.shape[0]):
        for j in range(image.shape[1]):
            level = min(1.0, image[i, j] * gain)
            if patch_sd > 0:
                patch = CAMERA.patch_persistence * patch + patch_sd * rng.normal()
                level *= 1 - min(CAMERA.largest_fading, abs(patch))
            if grain_sd > 0:
                level += grain_sd * rng.normal()
            if threshold > 0:
                level = 1.0 if level > min(CAMERA.highest_threshold, threshold) else 0.0
            image[i, j] = min(1.0, max(0.0, level)) ** gamma
    image *= (CAMERA.darkest_min + CAMERA.darkest_span * rng.random()) / max(CAMERA.faintest, image.max())


@compiled
def add_specks(image: np.ndarray, rng: np.random.Generator) -> None:
    """Set a few random pixels of an image (H, W) to ink, by chance and in place."""
    if rng.random() < CAMERA.specks_share:
        for _ in range(rng.integers(CAMERA.specks_count_min, CAMERA.specks_count_end)):
            level = CAMERA.speck_min + CAMERA.speck_span * rng.random()
            image[rng.integers(0, image.shape[0]), rng.integers(0, image.shape[1])] = level


@compiled
def add_cell_line(image: np.ndarray, rng: np.random.Generator) -> None:
    """Draw part of the line of a form's cell near an edge of an image (H, W), by chance and in place."""
    if rng.random() < CAMERA.cell_line_share:
        if rng.random() < CAMERA.cell_line_across_share:
            draw_cell_line(image, rng)
        else:
            draw_cell_line(image.T, rng)


@compiled
def draw_cell_line(image: np.ndarray, rng: np.random.Generator) -> None:
    """Draw a horizontal line, one pixel high, into the first or last rows of an image (H, W), in place."""
    is_first = rng.random() < CAMERA.cell_line_first_side_share
    from_edge = rng.integers(0, CAMERA.cell_line_rows)
    row = from_edge if is_first else image.shape[0] - 1 - from_edge
    first, length = rng.integers(0, image.shape[1]), rng.integers(0, image.shape[1])
    level = CAMERA.cell_line_min + CAMERA.cell_line_span * rng.random()
    for x in range(first, min(first + length, image.shape[1])):
        image[row, x] = max(image[row, x], level)
