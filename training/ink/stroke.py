"""Random handwriting variation of a single stroke. Compiled.

A stroke is (P, 2) float64, its points' x and y in box sides, y down: the longer side of the character's box is 1. `a`
is the strength of the variation, see `training.ink.amounts.HAND`; `rng` is a `numpy.random.Generator`.
"""

import math

import numpy as np

from training.ink.amounts import ENDS, HOOKS, STROKES, TREMOR
from training.ink.compiled import compiled


@compiled
def length_of(stroke: np.ndarray) -> float:
    """Return the length of a stroke (P, 2), in the unit of its points."""
    length = 0.0
    for p in range(1, len(stroke)):
        length += math.hypot(stroke[p, 0] - stroke[p - 1, 0], stroke[p, 1] - stroke[p - 1, 1])
    return length


@compiled
def total_turn(stroke: np.ndarray) -> float:
    """Return the sum of the absolute changes of direction of a stroke (P, 2), in radians."""
    turn = 0.0
    for p in range(2, len(stroke)):
        bx, by = stroke[p - 1, 0] - stroke[p - 2, 0], stroke[p - 1, 1] - stroke[p - 2, 1]
        ax, ay = stroke[p, 0] - stroke[p - 1, 0], stroke[p, 1] - stroke[p - 1, 1]
        turn += abs(math.atan2(bx * ay - by * ax, bx * ax + by * ay))
    return turn


@compiled
def retrace(stroke: np.ndarray, first: float, last: float) -> np.ndarray:
    """Return a part of a stroke (P, 2) as P points (P, 2) again, spaced evenly by index.

    Args:
        first, last: where the part starts and ends, as shares of the stroke's points. Below 0 or above 1 the stroke is
            extended along the direction of its first or last two points.
    """
    count = len(stroke)
    traced = np.empty_like(stroke)
    for p in range(count):
        at = (first + (last - first) * p / (count - 1)) * (count - 1)
        i = min(max(math.floor(at), 0), count - 2)
        traced[p] = stroke[i] + (at - i) * (stroke[i + 1] - stroke[i])
    return traced


@compiled
def vary_stroke(stroke: np.ndarray, a: float, rng: np.random.Generator) -> None:
    """Scale, turn, shift, arch and flatten or deepen a stroke (P, 2) about a random point of its chord, in place.

    Short strokes, such as dots, vary most.
    """
    count = len(stroke)
    start_x, start_y = stroke[0, 0], stroke[0, 1]
    chord_x, chord_y = stroke[-1, 0] - start_x, stroke[-1, 1] - start_y
    at = rng.random()
    pivot_x, pivot_y = start_x + at * chord_x, start_y + at * chord_y
    short = math.exp(-length_of(stroke) / STROKES.short)
    scale = math.exp(rng.normal() * STROKES.scale_sd * (1 + short) * a)
    turn = rng.normal() * STROKES.turn_sd * (1 + STROKES.short_turn * short) * a
    turn *= STROKES.strong_turn if rng.random() < STROKES.strong_turn_share else 1.0
    cos, sin = scale * math.cos(turn), scale * math.sin(turn)
    shift = STROKES.shift_sd * (1 + STROKES.short_shift * short) * a
    shift_x, shift_y = rng.normal() * shift, rng.normal() * shift
    bow = rng.normal() * STROKES.bow_sd * a
    depth = min(STROKES.depth_limit, math.exp(rng.normal() * STROKES.depth_sd * a))
    peak = STROKES.peak_mean + STROKES.peak_sd * rng.normal()
    exponent = 1.0
    if peak < STROKES.early_peak:
        exponent = STROKES.early_exponent
    elif peak > STROKES.late_peak:
        exponent = STROKES.late_exponent
    for p in range(count):
        t = p / (count - 1)
        arch = bow * math.sin(math.pi * t**exponent)
        on_chord_x, on_chord_y = start_x + t * chord_x, start_y + t * chord_y
        x = on_chord_x + depth * (stroke[p, 0] - on_chord_x) - pivot_x - arch * chord_y
        y = on_chord_y + depth * (stroke[p, 1] - on_chord_y) - pivot_y + arch * chord_x
        stroke[p, 0] = pivot_x + cos * x - sin * y + shift_x
        stroke[p, 1] = pivot_y + sin * x + cos * y + shift_y


@compiled
def lengthen_hook(stroke: np.ndarray, hook: float, rng: np.random.Generator) -> None:
    """Scale and turn the hook of a stroke (P, 2) about its corner, in place.

    Args:
        hook: where the hook starts, a share of the stroke's points below 1.
    """
    corner = round(hook * (len(stroke) - 1))
    factor, turn = HOOKS.length_min + HOOKS.length_span * rng.random(), rng.normal() * HOOKS.turn_sd
    cos, sin = factor * math.cos(turn), factor * math.sin(turn)
    for p in range(corner + 1, len(stroke)):
        x, y = stroke[p, 0] - stroke[corner, 0], stroke[p, 1] - stroke[corner, 1]
        stroke[p, 0], stroke[p, 1] = stroke[corner, 0] + cos * x - sin * y, stroke[corner, 1] + sin * x + cos * y


@compiled
def change_ends(
    stroke: np.ndarray, hook: float, hook_omitted_share: float, strength: float, rng: np.random.Generator
) -> np.ndarray:
    """Return a stroke (P, 2), by chance without its hook and with its ends cut or extended.

    Args:
        hook: where the hook starts, a share of the stroke's points; 1 for none.
        hook_omitted_share: the probability that the hook is omitted, in [0, 1].
        strength: of the effect `ends`, a factor of the probabilities in `ENDS`.
    """
    first, last = 0.0, 1.0
    if hook < 1 and rng.random() < hook_omitted_share:
        last = hook
    if rng.random() < ENDS.cut_share * strength:
        first = rng.random() ** ENDS.cut_exponent * ENDS.longest_cut
    elif rng.random() < ENDS.overshoot_share * strength:
        first = -rng.random() * ENDS.longest_overshoot_first
    if rng.random() < ENDS.cut_share * strength:
        last -= rng.random() ** ENDS.cut_exponent * ENDS.longest_cut
    elif rng.random() < ENDS.overshoot_share * strength and last == 1.0:
        last += rng.random() * ENDS.longest_overshoot_last
    return stroke if first == 0 and last == 1 else retrace(stroke, first, last)


@compiled
def straighten(stroke: np.ndarray, lines: int) -> None:
    """Replace a stroke (P, 2) by `lines` straight lines between points spaced evenly by index, in place."""
    count = len(stroke)
    original = stroke.copy()
    for p in range(count):
        at = p / (count - 1) * lines
        i = min(int(at), lines - 1)
        start = original[round(i * (count - 1) / lines)]
        end = original[round((i + 1) * (count - 1) / lines)]
        stroke[p] = start + (at - i) * (end - start)


@compiled
def smooth(stroke: np.ndarray, passes: int) -> None:
    """Round the corners of a stroke (P, 2) by passes of a binomial filter (1, 2, 1) / 4; its ends stay. In place."""
    for _ in range(passes):
        before = stroke[0].copy()
        for p in range(1, len(stroke) - 1):
            here = stroke[p].copy()
            stroke[p] = 0.25 * before + 0.5 * here + 0.25 * stroke[p + 1]
            before = here


@compiled
def tremble(stroke: np.ndarray, step_sd: float, rng: np.random.Generator) -> None:
    """Add a random walk with decay to the points of a stroke (P, 2), in place; `step_sd` is in the points' unit."""
    drift_x, drift_y = 0.0, 0.0
    for p in range(len(stroke)):
        drift_x = TREMOR.persistence * drift_x + step_sd * rng.normal()
        drift_y = TREMOR.persistence * drift_y + step_sd * rng.normal()
        stroke[p, 0] += drift_x
        stroke[p, 1] += drift_y
