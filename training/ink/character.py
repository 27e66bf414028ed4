"""Random handwriting variation of one character: its parts, its strokes, their joins, then all its points. Compiled.

Strokes are (S, P, 2) float64: S strokes of P points, x and y, y down. `effects` is a `training.ink.amounts.Effects`,
`rng` a `numpy.random.Generator`. The columns `components`, `parts`, `looseness`, `hooks` and `needed` (S,) are those of
`training.ink.kanjivg.Templates`.
"""

import numpy as np

from training.ink.amounts import ANGLES, HAND, HOOKS, PROPORTIONS, ROUNDING, TREMOR, Effects
from training.ink.compiled import compiled
from training.ink.components import join_strokes, move_components, normalise, omit_stroke
from training.ink.displacement import bend, slant
from training.ink.stroke import change_ends, lengthen_hook, smooth, straighten, total_turn, tremble, vary_stroke


@compiled
def vary_character(
    template: np.ndarray,
    near_duplicates: np.ndarray,
    components: np.ndarray,
    parts: np.ndarray,
    looseness: np.ndarray,
    hooks: np.ndarray,
    needed: np.ndarray,
    effects: Effects,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the points of a random drawing of a character, and where its strokes start.

    A drawing that is nearer to a near-duplicate than to its own template is drawn again.

    Args:
        template: (S, P, 2), in any unit.
        near_duplicates: (N, S, P, 2), templates of other classes.

    Returns:
        points ((S or S - 1) · P, 2) float64, the longer side of the template's box about 1 and its middle about the
        origin; starts (J+1,) int64, the first point of each of J strokes, and the number of points.
    """
    a = min(HAND.limit, abs(rng.normal() * HAND.sd + HAND.mean) + HAND.least)
    strokes = vary_strokes(template, components, parts, looseness, hooks, a, effects, rng)
    for _ in range(HAND.redraws):
        if not is_near_duplicate(strokes, template, near_duplicates):
            break
        strokes = vary_strokes(template, components, parts, looseness, hooks, a, effects, rng)
    strokes = omit_stroke(strokes, needed, effects.forgetting, rng)
    starts = join_strokes(strokes, effects.joins, rng)
    points = strokes.copy().reshape(-1, 2)
    passes: int | np.int64 = 0
    if rng.random() < ROUNDING.share * effects.rounding:
        passes = rng.integers(ROUNDING.passes_count_min, ROUNDING.passes_count_end)
    for s in range(len(starts) - 1):
        smooth(points[starts[s] : starts[s + 1]], passes)
    bend(points, a * effects.bending, rng)
    slant(points, a * effects.slant, effects.slant, rng)
    return points, starts


@compiled
def vary_strokes(
    template: np.ndarray,
    components: np.ndarray,
    parts: np.ndarray,
    looseness: np.ndarray,
    hooks: np.ndarray,
    a: float,
    effects: Effects,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return strokes (S, P, 2) in box sides, varied by parts and one by one, from a template (S, P, 2) of any unit.

    `a` is the strength of the character's variation, see `training.ink.amounts.HAND`.
    """
    strokes = normalise(template)
    disorder = PROPORTIONS.disorder if rng.random() < PROPORTIONS.disordered_share else 1.0
    move_components(strokes, components, looseness, disorder * a * effects.proportions, rng)
    smallest = PROPORTIONS.smallest_parts * disorder * a * effects.proportions
    move_components(strokes, parts, looseness, smallest, rng)
    is_careless = rng.random() < HOOKS.careless_share
    hook_omitted_share = (HOOKS.careless_omitted_share if is_careless else HOOKS.omitted_share) * effects.hooks
    step_sd = abs(rng.normal()) * TREMOR.step_sd * a if rng.random() < TREMOR.share * effects.tremor else 0.0
    is_angular = rng.random() < ANGLES.share * effects.angles
    for s in range(len(strokes)):
        if hooks[s] < 1 and rng.random() < HOOKS.lengthened_share * effects.hooks:
            lengthen_hook(strokes[s], hooks[s], rng)
        strokes[s] = change_ends(strokes[s], hooks[s], hook_omitted_share, effects.ends, rng)
        if is_angular:
            lines = rng.integers(ANGLES.lines_count_min, ANGLES.lines_count_end)
            lines += int(total_turn(strokes[s]) / ANGLES.turn_per_line)
            straighten(strokes[s], min(strokes.shape[1] - 1, lines))
        vary_stroke(strokes[s], (a if not is_angular else ANGLES.strokes * a) * effects.strokes, rng)
        if step_sd > 0:
            tremble(strokes[s], step_sd, rng)
    return strokes


@compiled
def is_near_duplicate(strokes: np.ndarray, template: np.ndarray, near_duplicates: np.ndarray) -> bool:
    """Return whether strokes (S, P, 2) are nearer to one of `near_duplicates` (N, S, P, 2) than to their template."""
    drawn = normalise(strokes)
    own = squared_distance(drawn, normalise(template))
    nearest = own
    for near_duplicate in near_duplicates:
        nearest = min(nearest, squared_distance(drawn, normalise(near_duplicate)))
    return nearest < own


@compiled
def squared_distance(strokes: np.ndarray, others: np.ndarray) -> float:
    """Return the mean squared distance of the points of two drawings (S, P, 2), the lesser of each stroke's directions.

    In the square of the points' unit.
    """
    total, count = 0.0, strokes.shape[1]
    for s in range(len(strokes)):
        forth, back = 0.0, 0.0
        for p in range(count):
            x, y = strokes[s, p, 0], strokes[s, p, 1]
            forth += (x - others[s, p, 0]) ** 2 + (y - others[s, p, 1]) ** 2
            back += (x - others[s, count - 1 - p, 0]) ** 2 + (y - others[s, count - 1 - p, 1]) ** 2
        total += min(forth, back)
    return total / (len(strokes) * count)
