"""What hands do to characters. Compiled, as `training.ink.camera` is: 9,000 images a second a core at 64 pixels.

Every change takes the generator explicitly. Lengths are shares of the character's box, angles radians; `a` is the
strength of the hand's changes, |N(0.8, 0.45)| + 0.1, at most 1.9. The amounts started from an experiment of November
2026 (ink only, 99.6 % top-1 on a learner's kanji), were then looked at beside real handwriting, and widened where real
characters were misread: dots, hooks, voicing marks, proportions.
"""

import math

import numpy as np
from numba import njit

from training.ink.stroke import (
    SHORT,
    bend_stroke,
    change_ends,
    draw_out_hook,
    length_of,
    smooth,
    straighten,
    total_turn,
    tremble,
)

# What can be left out of the ink, to measure what it is worth; the numbers are places in an array of strengths.
EFFECTS = (
    "proportions", "strokes", "ends", "hooks", "angles", "rounding", "tremor", "forgetting", "joins", "bending",
    "slant", "pens", "camera",
)  # fmt: skip
(
    PROPORTIONS, STROKES, ENDS, HOOKS, ANGLES, ROUNDING, TREMOR, FORGETTING, JOINS, BENDING, SLANT, PENS, CAMERA
) = range(len(EFFECTS))  # fmt: skip
COARSE, FINE = 3, 6  # grid sides of the two displacement fields
COARSE_SD, FINE_SD = 0.032, 0.014
TURNED = 0.15  # share of characters on a turned page
MANY_STROKES = 8  # a character of fewer is another one without one of them
TRIES = 8  # to draw a character again that came out as another one


@njit(cache=True)
def normalise(strokes):
    """Return (S, P, 2) strokes with the middle of their box at the origin and its longer side 1."""
    middle = np.empty(2)
    side = 1e-9
    for axis in range(2):
        low, high = strokes[:, :, axis].min(), strokes[:, :, axis].max()
        middle[axis] = (low + high) / 2
        side = max(side, high - low)
    return (strokes - middle) / side


@njit(cache=True)
def move_components(strokes, components, looseness, amount, rng):
    """Shift, turn and stretch each part of the character about its own centre, in place."""
    for part in range(components.max() + 1):
        count, centre_x, centre_y, loose = 0, 0.0, 0.0, 1.0
        for s in range(len(strokes)):
            if components[s] == part:
                count += 1
                centre_x += strokes[s, :, 0].mean()
                centre_y += strokes[s, :, 1].mean()
                loose = looseness[s]
        if count == 0:
            continue
        centre_x, centre_y = centre_x / count, centre_y / count
        turn = rng.normal() * 0.04 * amount
        cos, sin = math.cos(turn), math.sin(turn)
        wide, high = math.exp(rng.normal() * 0.07 * amount), math.exp(rng.normal() * 0.07 * amount)
        shift_x, shift_y = rng.normal() * 0.022 * amount * loose, rng.normal() * 0.022 * amount * loose
        for s in range(len(strokes)):
            if components[s] == part:
                for p in range(strokes.shape[1]):
                    x, y = (strokes[s, p, 0] - centre_x) * wide, (strokes[s, p, 1] - centre_y) * high
                    strokes[s, p, 0] = centre_x + cos * x - sin * y + shift_x
                    strokes[s, p, 1] = centre_y + sin * x + cos * y + shift_y


@njit(cache=True)
def find_forgotten(strokes, needed, chance, rng):
    """Return the stroke that the hand leaves out: a short one of many, seldom, none of `needed`; -1 for none."""
    if len(strokes) >= MANY_STROKES and rng.random() < chance:
        candidate = rng.integers(0, len(strokes))
        if length_of(strokes[candidate]) < SHORT and not needed[candidate]:
            return candidate
    return -1


@njit(cache=True)
def join(strokes, haste, unlifting, rng):
    """Return (S+1,) starts of the strokes' points, with consecutive strokes joined when the pen has a short way.

    With a chance of `unlifting` one pair is joined over any distance: the pen was not lifted.
    """
    count = strokes.shape[1]
    starts = np.zeros(len(strokes) + 1, dtype=np.int64)
    unlifted = rng.integers(0, len(strokes)) if rng.random() < unlifting else 0
    kept = 1
    for s in range(1, len(strokes)):
        gap = math.hypot(strokes[s, 0, 0] - strokes[s - 1, -1, 0], strokes[s, 0, 1] - strokes[s - 1, -1, 1])
        if rng.random() >= haste * (1 - gap / 0.45) and s != unlifted:
            starts[kept] = s * count
            kept += 1
    starts[kept] = len(strokes) * count
    return starts[: kept + 1]


@njit(cache=True)
def displace(points, side, sd, rng):
    """Move (P, 2) points by a smooth random field on a `side` x `side` grid over the box, in place."""
    field = np.empty((side, side, 2))
    for i in range(side):
        for j in range(side):
            field[i, j, 0] = rng.normal() * sd
            field[i, j, 1] = rng.normal() * sd
    for p in range(len(points)):
        u = min(max((points[p, 0] + 0.5) * (side - 1), 0.0), side - 1.0)
        v = min(max((points[p, 1] + 0.5) * (side - 1), 0.0), side - 1.0)
        j, i = min(int(u), side - 2), min(int(v), side - 2)
        u, v = u - j, v - i
        u, v = u * u * (3 - 2 * u), v * v * (3 - 2 * v)  # smoothstep: no kinks at the grid lines
        for axis in range(2):
            upper = field[i, j, axis] * (1 - u) + field[i, j + 1, axis] * u
            lower = field[i + 1, j, axis] * (1 - u) + field[i + 1, j + 1, axis] * u
            points[p, axis] += upper * (1 - v) + lower * v


@njit(cache=True)
def slant(points, a, turned, rng):
    """Turn, shear and stretch the whole character, in place; a share `turned` as on a turned page or in italics."""
    turn, shear, stretch = rng.normal() * 0.08 * a, rng.normal() * 0.12 * a, math.exp(rng.normal() * 0.08 * a)
    if rng.random() < turned:
        turn = (2 * rng.random() - 1) * 0.37
    if rng.random() < turned / 1.5:
        shear = (2 * rng.random() - 1) * 0.37
    if rng.random() < turned / 1.5:
        stretch = math.exp((2 * rng.random() - 1) * 0.25)
    cos, sin = math.cos(turn), math.sin(turn)
    for p in range(len(points)):
        x, y = points[p, 0] * stretch, points[p, 1] / stretch
        x += shear * y
        points[p, 0], points[p, 1] = cos * x - sin * y, sin * x + cos * y


@njit(cache=True)
def imitate_strokes(template, components, parts, looseness, hooks, a, effects, rng):
    """Return (S, P, 2) strokes as one hand might write them, each and together, from a template of the same shape."""
    strokes = normalise(template)
    disorder = 2.5 if rng.random() < 0.15 else 1.0  # some hands keep no proportions
    move_components(strokes, components, looseness, disorder * a * effects[PROPORTIONS], rng)
    move_components(strokes, parts, looseness, 0.5 * disorder * a * effects[PROPORTIONS], rng)
    hook_loss = (0.8 if rng.random() < 0.25 else 0.15) * effects[HOOKS]
    tremor = abs(rng.normal()) * 0.006 * a if rng.random() < 0.4 * effects[TREMOR] else 0.0
    is_angular = rng.random() < 0.2 * effects[ANGLES]
    for s in range(len(strokes)):
        if hooks[s] < 1 and rng.random() < 0.12 * effects[HOOKS]:
            draw_out_hook(strokes[s], hooks[s], rng)
        strokes[s] = change_ends(strokes[s], hooks[s], hook_loss, effects[ENDS], rng)
        if is_angular:
            # More lines where the stroke turns more: そ in two lines would be another character.
            straighten(strokes[s], min(strokes.shape[1] - 1, rng.integers(2, 5) + int(total_turn(strokes[s]) / 0.8)))
        bend_stroke(strokes[s], (a if not is_angular else 0.6 * a) * effects[STROKES], rng)
        if tremor > 0:
            tremble(strokes[s], tremor, rng)
    return strokes


@njit(cache=True)
def distance(strokes, others):
    """Return the mean squared distance of the points of two drawings (S, P, 2), each stroke drawn either way."""
    total, count = 0.0, strokes.shape[1]
    for s in range(len(strokes)):
        forth, back = 0.0, 0.0
        for p in range(count):
            x, y = strokes[s, p, 0], strokes[s, p, 1]
            forth += (x - others[s, p, 0]) ** 2 + (y - others[s, p, 1]) ** 2
            back += (x - others[s, count - 1 - p, 0]) ** 2 + (y - others[s, count - 1 - p, 1]) ** 2
        total += min(forth, back)
    return total / (len(strokes) * count)


@njit(cache=True)
def is_like_another(strokes, template, near_duplicates):
    """Tell whether a drawing (S, P, 2) is nearer to one of `near_duplicates` (N, S, P, 2) than to its template."""
    drawn = normalise(strokes)
    own = distance(drawn, normalise(template))
    nearest = own
    for near_duplicate in near_duplicates:
        nearest = min(nearest, distance(drawn, normalise(near_duplicate)))
    return nearest < own


@njit(cache=True)
def imitate_hand(template, near_duplicates, components, parts, looseness, hooks, needed, effects, rng):
    """Return (points (S·P, 2), starts) of one character as a hand might write it, box side about 1 at the origin.

    A drawing that is nearer to one of `near_duplicates` (N, S, P, 2) is drawn again; `effects` are the strengths of
    EFFECTS, 1 for each as it should be.
    """
    a = min(1.9, abs(rng.normal() * 0.45 + 0.8) + 0.1)
    strokes = imitate_strokes(template, components, parts, looseness, hooks, a, effects, rng)
    for _ in range(TRIES):
        if not is_like_another(strokes, template, near_duplicates):
            break
        strokes = imitate_strokes(template, components, parts, looseness, hooks, a, effects, rng)
    forgotten = find_forgotten(strokes, needed, 0.03 * effects[FORGETTING], rng)
    if forgotten >= 0:
        strokes = np.concatenate((strokes[:forgotten], strokes[forgotten + 1 :]))
    # Characters of few strokes, most hiragana among them, are the ones that hands run together.
    haste = rng.random() * (0.9 if len(strokes) <= 4 else 0.6) if rng.random() < 0.5 * effects[JOINS] else 0.0
    starts = join(strokes, haste, 0.05 * effects[JOINS], rng)
    points = strokes.copy().reshape(-1, 2)
    smoothing = rng.integers(1, 4) if rng.random() < 0.5 * effects[ROUNDING] else 0
    for s in range(len(starts) - 1):
        smooth(points[starts[s] : starts[s + 1]], smoothing)
    displace(points, COARSE, COARSE_SD * a * effects[BENDING], rng)
    displace(points, FINE, FINE_SD * a * effects[BENDING], rng)
    slant(points, a * effects[SLANT], TURNED * effects[SLANT], rng)
    return points, starts
