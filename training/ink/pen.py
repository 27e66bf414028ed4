"""Pens: where a character's points lie in the image, and the pen's radius at each. Compiled.

`rng` is a `numpy.random.Generator`.
"""

import math

import numpy as np

from training.ink.amounts import PENS, PLACEMENT, REFERENCE_SIDE
from training.ink.compiled import compiled
from training.ink.components import bounding_box


@compiled
def place(points: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """Return points (P, 2) of any unit in pixels of a `size` x `size` image, (P, 2) float64.

    The longer side of their box fills the image but for a random margin; a share is small, or off the centre.
    """
    is_usual = rng.random() < PLACEMENT.usual_share
    margin = PLACEMENT.margin_min if is_usual else PLACEMENT.small_margin_min
    margin += PLACEMENT.margin_span * rng.random()
    middle, side = bounding_box(points)
    shift = rng.normal() * PLACEMENT.shift_sd * size if rng.random() < PLACEMENT.shifted_share else 0.0
    scaled = (points - middle) * ((1 - 2 * margin) * size / side) + size / 2
    scaled[:, 0] += shift
    scaled[:, 1] += shift * rng.normal()
    return scaled


@compiled
def pen_radii(starts: np.ndarray, size: int, strength: float, rng: np.random.Generator) -> np.ndarray:
    """Return the pen's radius at each point, (P,) float64 in pixels: one pen a character, with changing pressure.

    Args:
        starts: (S+1,) int, the first point of each stroke, and P. Characters of many strokes have finer pens.
        size: of the image, in pixels.
        strength: of the effect `pens`, a factor of the share of characters whose pressure changes.
    """
    strokes = min(PENS.most_strokes, len(starts) - 1)
    if rng.random() < PENS.common_share:
        widest = PENS.widest - PENS.narrower * strokes
    else:
        widest = PENS.felt_tip_widest - PENS.felt_tip_narrower * strokes
    finest = PENS.usual_finest if rng.random() < PENS.usual_finest_share else PENS.finest
    pen = (finest + (widest - finest) * rng.random()) * size / REFERENCE_SIDE
    radii = np.full(starts[-1], pen)
    if rng.random() < PENS.pressed_share * strength:
        for s in range(len(starts) - 1):
            first = pen * math.exp(rng.normal() * PENS.first_sd)
            last = pen * math.exp(rng.normal() * PENS.last_sd + PENS.last_mean)
            count = starts[s + 1] - starts[s]
            for p in range(count):
                radii[starts[s] + p] = first + (last - first) * p / max(1, count - 1)
    return radii
