"""Batches of generated images: a random template of each class, varied, drawn with a pen, for a share photographed."""

import numpy as np

from training.ink.amounts import CAMERA, Effects
from training.ink.camera import photograph
from training.ink.character import vary_character
from training.ink.compiled import compiled
from training.ink.pen import pen_radii, place
from training.ink.rasteriser import cover


@compiled
def draw_batch(
    images: np.ndarray,
    labels: np.ndarray,
    strokes: np.ndarray,
    components: np.ndarray,
    parts: np.ndarray,
    looseness: np.ndarray,
    hooks: np.ndarray,
    stroke_starts: np.ndarray,
    template_starts: np.ndarray,
    near_duplicates: np.ndarray,
    needed: np.ndarray,
    effects: Effects,
    rng: np.random.Generator,
) -> None:
    """Fill `images` (N, H, H) uint8 (0 paper, 255 ink) with one random drawing of each class in `labels` (N,) int64.

    Args:
        strokes ... needed: the arrays of `training.ink.kanjivg.Templates`.
        effects: `training.ink.amounts.Effects`, the strength of each effect.
        rng: `numpy.random.Generator`.
    """
    size = images.shape[1]
    for n in range(len(labels)):
        form = rng.integers(template_starts[labels[n]], template_starts[labels[n] + 1])
        begin, end = stroke_starts[form], stroke_starts[form + 1]
        template = strokes[begin:end].astype(np.float64)
        others = np.empty((np.sum(near_duplicates[form] >= 0), *template.shape))
        for k in range(len(others)):
            others[k] = strokes[stroke_starts[near_duplicates[form, k]] : stroke_starts[near_duplicates[form, k] + 1]]
        points, starts = vary_character(
            template, others, components[begin:end], parts[begin:end], looseness[begin:end], hooks[begin:end],
            needed[begin:end], effects, rng,
        )  # fmt: skip
        coverage = np.zeros((size, size))
        cover(coverage, place(points, size, rng), starts, pen_radii(starts, size, effects.pens, rng))
        if rng.random() < CAMERA.share * effects.camera:
            coverage = photograph(coverage, rng)
        for i in range(size):
            for j in range(size):
                images[n, i, j] = np.uint8(coverage[i, j] * 255 + 0.5)
