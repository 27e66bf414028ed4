"""Random variation of a character's strokes relative to each other: parts, omitted strokes, joins. Compiled.

Strokes are (S, P, 2) float64: S strokes of P points, x and y in box sides, y down. `rng` is a `numpy.random.Generator`.
"""

import math

import numpy as np

from training.ink.amounts import FORGETTING, JOINS, PROPORTIONS, STROKES
from training.ink.compiled import compiled
from training.ink.stroke import length_of

SMALLEST_SIDE = 1e-9  # of a box: a single point has none


@compiled
def bounding_box(points: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the middle (2,) of the box around points (..., 2) and its longer side, both in the points' unit."""
    middle, side = np.empty(2), SMALLEST_SIDE
    for axis in range(2):
        low, high = points[..., axis].min(), points[..., axis].max()
        middle[axis] = (low + high) / 2
        side = max(side, high - low)
    return middle, side


@compiled
def normalise(strokes: np.ndarray) -> np.ndarray:
    """Return strokes (S, P, 2) of any unit in box sides: the middle of their box at the origin, its longer side 1."""
    middle, side = bounding_box(strokes)
    return (strokes - middle) / side


@compiled
def move_components(
    strokes: np.ndarray, components: np.ndarray, looseness: np.ndarray, amount: float, rng: np.random.Generator
) -> None:
    """Turn, stretch and shift each component of a character about its own centre, in place.

    Args:
        strokes: (S, P, 2) float64, in box sides.
        components: (S,) int, the component that each stroke belongs to, from 0.
        looseness: (S,) float, a factor of the component's shift; that of its last stroke counts.
        amount: a factor of the standard deviations in `PROPORTIONS`.
    """
    for component in range(components.max() + 1):
        count, centre_x, centre_y, loose = 0, 0.0, 0.0, 1.0
        for s in range(len(strokes)):
            if components[s] == component:
                count += 1
                centre_x += strokes[s, :, 0].mean()
                centre_y += strokes[s, :, 1].mean()
                loose = looseness[s]
        if count == 0:
            continue
        centre_x, centre_y = centre_x / count, centre_y / count
        turn = rng.normal() * PROPORTIONS.turn_sd * amount
        cos, sin = math.cos(turn), math.sin(turn)
        wide = math.exp(rng.normal() * PROPORTIONS.stretch_sd * amount)
        high = math.exp(rng.normal() * PROPORTIONS.stretch_sd * amount)
        shift_x = rng.normal() * PROPORTIONS.shift_sd * amount * loose
        shift_y = rng.normal() * PROPORTIONS.shift_sd * amount * loose
        for s in range(len(strokes)):
            if components[s] == component:
                for p in range(strokes.shape[1]):
                    x, y = (strokes[s, p, 0] - centre_x) * wide, (strokes[s, p, 1] - centre_y) * high
                    strokes[s, p, 0] = centre_x + cos * x - sin * y + shift_x
                    strokes[s, p, 1] = centre_y + sin * x + cos * y + shift_y


@compiled
def omit_stroke(strokes: np.ndarray, needed: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    """Return strokes (S, P, 2), by chance without a random short one: (S - 1, P, 2).

    Args:
        needed: (S,) bool, the strokes that are never omitted.
        strength: of the effect `forgetting`, a factor of the probability.
    """
    if len(strokes) >= FORGETTING.fewest_strokes and rng.random() < FORGETTING.share * strength:
        candidate = rng.integers(0, len(strokes))
        if length_of(strokes[candidate]) < STROKES.short and not needed[candidate]:
            return np.concatenate((strokes[:candidate], strokes[candidate + 1 :]))
    return strokes


@compiled
def join_strokes(strokes: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    """Return the index (J+1,) int64 of the first point of each of the J <= S strokes left by joining, and S · P.

    Consecutive strokes (S, P, 2) are joined by chance, over short gaps most. `strength` is that of the effect `joins`,
    a factor of the probabilities.
    """
    probability = 0.0  # of joining strokes without a gap
    if rng.random() < JOINS.share * strength:
        is_few = len(strokes) <= JOINS.few_strokes
        probability = rng.random() * (JOINS.few_strokes_largest_share if is_few else JOINS.largest_share)
    joined = rng.integers(0, len(strokes)) if rng.random() < JOINS.any_gap_share * strength else 0
    count = strokes.shape[1]
    starts = np.zeros(len(strokes) + 1, dtype=np.int64)
    kept = 1
    for s in range(1, len(strokes)):
        gap = math.hypot(strokes[s, 0, 0] - strokes[s - 1, -1, 0], strokes[s, 0, 1] - strokes[s - 1, -1, 1])
        if rng.random() >= probability * (1 - gap / JOINS.longest_gap) and s != joined:
            starts[kept] = s * count
            kept += 1
    starts[kept] = len(strokes) * count
    return starts[: kept + 1]
