"""Random transforms of all points of a character: smooth displacement fields and an affine transform. Compiled.

Points are (P, 2) float64, x and y in box sides from the middle of the character's box, y down. `a` is the strength of
the variation, see `training.ink.amounts.HAND`; `rng` is a `numpy.random.Generator`.
"""

import math

import numpy as np

from training.ink.amounts import BENDING, SLANT
from training.ink.compiled import compiled


@compiled
def bend(points: np.ndarray, a: float, rng: np.random.Generator) -> None:
    """Move points (P, 2) by a coarse and a fine displacement field, in place."""
    displace(points, BENDING.coarse_nodes, BENDING.coarse_sd * a, rng)
    displace(points, BENDING.fine_nodes, BENDING.fine_sd * a, rng)


@compiled
def displace(points: np.ndarray, nodes: int, sd: float, rng: np.random.Generator) -> None:
    """Move points (P, 2) by a smooth random field over the box, in place; outside, its nearest value holds.

    Args:
        nodes: of the field's grid along each axis.
        sd: the standard deviation of the displacement at a node along each axis, in box sides.
    """
    field = np.empty((nodes, nodes, 2))
    for i in range(nodes):
        for j in range(nodes):
            field[i, j, 0] = rng.normal() * sd
            field[i, j, 1] = rng.normal() * sd
    for p in range(len(points)):
        u = min(max((points[p, 0] + 0.5) * (nodes - 1), 0.0), nodes - 1.0)
        v = min(max((points[p, 1] + 0.5) * (nodes - 1), 0.0), nodes - 1.0)
        j, i = min(int(u), nodes - 2), min(int(v), nodes - 2)
        u, v = u - j, v - i
        u, v = u * u * (3 - 2 * u), v * v * (3 - 2 * v)  # smoothstep: no kinks at the grid lines
        for axis in range(2):
            upper = field[i, j, axis] * (1 - u) + field[i, j + 1, axis] * u
            lower = field[i + 1, j, axis] * (1 - u) + field[i + 1, j + 1, axis] * u
            points[p, axis] += upper * (1 - v) + lower * v


@compiled
def slant(points: np.ndarray, a: float, strength: float, rng: np.random.Generator) -> None:
    """Stretch, shear and turn points (P, 2) about the origin, in place.

    Args:
        a: a factor of the standard deviations in `SLANT`.
        strength: of the effect `slant`, a factor of the probabilities of the strong transforms.
    """
    turn = rng.normal() * SLANT.turn_sd * a
    shear = rng.normal() * SLANT.shear_sd * a
    stretch = math.exp(rng.normal() * SLANT.stretch_sd * a)
    turned_share = SLANT.turned_share * strength
    if rng.random() < turned_share:
        turn = (2 * rng.random() - 1) * SLANT.largest_turn
    if rng.random() < turned_share / SLANT.other_divisor:
        shear = (2 * rng.random() - 1) * SLANT.largest_shear
    if rng.random() < turned_share / SLANT.other_divisor:
        stretch = math.exp((2 * rng.random() - 1) * SLANT.largest_stretch)
    cos, sin = math.cos(turn), math.sin(turn)
    for p in range(len(points)):
        x, y = points[p, 0] * stretch, points[p, 1] / stretch
        x += shear * y
        points[p, 0], points[p, 1] = cos * x - sin * y, sin * x + cos * y
