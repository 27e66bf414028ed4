"""What hands do to a single stroke, (P, 2) points of a character whose box has the side 1. Compiled.

Every change takes the generator explicitly; `a` is the strength of the hand's changes, see `training.ink.hand`.
"""

import math

import numpy as np
from numba import njit

SHORT = 0.25  # the length of a short stroke


@njit(cache=True)
def length_of(stroke):
    """Return the length of a stroke (P, 2)."""
    length = 0.0
    for p in range(1, len(stroke)):
        length += math.hypot(stroke[p, 0] - stroke[p - 1, 0], stroke[p, 1] - stroke[p - 1, 1])
    return length


@njit(cache=True)
def total_turn(stroke):
    """Return the sum of a stroke's changes of direction, in radians."""
    turn = 0.0
    for p in range(2, len(stroke)):
        bx, by = stroke[p - 1, 0] - stroke[p - 2, 0], stroke[p - 1, 1] - stroke[p - 2, 1]
        ax, ay = stroke[p, 0] - stroke[p - 1, 0], stroke[p, 1] - stroke[p - 1, 1]
        turn += abs(math.atan2(bx * ay - by * ax, bx * ax + by * ay))
    return turn


@njit(cache=True)
def retrace(stroke, first, last):
    """Return the stroke (P, 2) from one share of its points to another, spread over P points again.

    Shares below 0 or above 1 overshoot along the end's own direction.
    """
    count = len(stroke)
    traced = np.empty_like(stroke)
    for p in range(count):
        at = (first + (last - first) * p / (count - 1)) * (count - 1)
        i = min(max(math.floor(at), 0), count - 2)
        traced[p] = stroke[i] + (at - i) * (stroke[i + 1] - stroke[i])
    return traced


@njit(cache=True)
def bend_stroke(stroke, a, rng):
    """Scale a stroke about a point of its chord, turn, shift, bow, flatten or deepen it, in place.

    Short strokes vary most: dots grow, shrink and lean as no long stroke does.
    """
    count = len(stroke)
    start_x, start_y = stroke[0, 0], stroke[0, 1]
    chord_x, chord_y = stroke[-1, 0] - start_x, stroke[-1, 1] - start_y
    at = rng.random()
    pivot_x, pivot_y = start_x + at * chord_x, start_y + at * chord_y
    short = math.exp(-length_of(stroke) / SHORT)
    scale = math.exp(rng.normal() * 0.13 * (1 + short) * a)
    turn = rng.normal() * 0.075 * (1 + 1.5 * short) * a * (2.2 if rng.random() < 0.12 else 1.0)
    cos, sin = scale * math.cos(turn), scale * math.sin(turn)
    shift = 0.017 * (1 + 0.8 * short) * a
    shift_x, shift_y = rng.normal() * shift, rng.normal() * shift
    bow = rng.normal() * 0.06 * a
    depth = min(1.6, math.exp(rng.normal() * 0.2 * a))
    peak = 0.5 + 0.15 * rng.normal()
    for p in range(count):
        t = p / (count - 1)
        arch = bow * math.sin(math.pi * t ** (0.5 if peak < 0.35 else 2.0 if peak > 0.65 else 1.0))
        on_chord_x, on_chord_y = start_x + t * chord_x, start_y + t * chord_y
        x = on_chord_x + depth * (stroke[p, 0] - on_chord_x) - pivot_x - arch * chord_y
        y = on_chord_y + depth * (stroke[p, 1] - on_chord_y) - pivot_y + arch * chord_x
        stroke[p, 0] = pivot_x + cos * x - sin * y + shift_x
        stroke[p, 1] = pivot_y + sin * x + cos * y + shift_y


@njit(cache=True)
def draw_out_hook(stroke, hook, rng):
    """Make a stroke's hook longer and turn it, in place: hasty hands pull it far out."""
    corner = round(hook * (len(stroke) - 1))
    longer, turn = 1.2 + 2 * rng.random(), rng.normal() * 0.35
    cos, sin = longer * math.cos(turn), longer * math.sin(turn)
    for p in range(corner + 1, len(stroke)):
        x, y = stroke[p, 0] - stroke[corner, 0], stroke[p, 1] - stroke[corner, 1]
        stroke[p, 0], stroke[p, 1] = stroke[corner, 0] + cos * x - sin * y, stroke[corner, 1] + sin * x + cos * y


@njit(cache=True)
def change_ends(stroke, hook, hook_loss, chance, rng):
    """Return the stroke with its hook left out, its ends cut short or drawn too long, now and then.

    `chance` is how often ends change, 1 for as often as it should be.
    """
    first, last = 0.0, 1.0
    if hook < 1 and rng.random() < hook_loss:
        last = hook
    if rng.random() < 0.16 * chance:
        first = rng.random() ** 1.5 * 0.28
    elif rng.random() < 0.12 * chance:
        first = -rng.random() * 0.1
    if rng.random() < 0.16 * chance:
        last -= rng.random() ** 1.5 * 0.28
    elif rng.random() < 0.12 * chance and last == 1.0:
        last += rng.random() * 0.12
    return stroke if first == 0 and last == 1 else retrace(stroke, first, last)


@njit(cache=True)
def straighten(stroke, corners):
    """Draw straight lines between evenly spaced key points of a stroke, in place."""
    count = len(stroke)
    original = stroke.copy()
    for p in range(count):
        at = p / (count - 1) * corners
        i = min(int(at), corners - 1)
        start = original[round(i * (count - 1) / corners)]
        end = original[round((i + 1) * (count - 1) / corners)]
        stroke[p] = start + (at - i) * (end - start)


@njit(cache=True)
def smooth(stroke, times):
    """Round a stroke's corners: a binomial filter over its points, ends kept, in place."""
    for _ in range(times):
        before = stroke[0].copy()
        for p in range(1, len(stroke) - 1):
            here = stroke[p].copy()
            stroke[p] = 0.25 * before + 0.5 * here + 0.25 * stroke[p + 1]
            before = here


@njit(cache=True)
def tremble(stroke, amount, rng):
    """Let a stroke wander: a random walk that is drawn back, in place."""
    drift_x, drift_y = 0.0, 0.0
    for p in range(len(stroke)):
        drift_x = 0.6 * drift_x + amount * rng.normal()
        drift_y = 0.6 * drift_y + amount * rng.normal()
        stroke[p, 0] += drift_x
        stroke[p, 1] += drift_y
