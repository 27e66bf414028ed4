"""What hands do to strokes. Compiled, as `training.camera` is: 3,000 images a second a core and more.

Every change takes the generator explicitly. Lengths are shares of the character's box, angles radians; `a` is the
strength of the hand's changes, |N(0.8, 0.45)| + 0.1, at most 1.9. The amounts started from an experiment of November
2026 (ink only, 99.6 % top-1 on a learner's kanji) and were then looked at beside real handwriting.
"""

import math

import numpy as np
from numba import njit

COARSE, FINE = 3, 6  # grid sides of the two displacement fields
COARSE_SD, FINE_SD = 0.032, 0.014
SHORT = 0.25  # the length of a short stroke
MANY_STROKES = 8  # a character of fewer is another one without one of them


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
def length_of(stroke):
    """Return the length of a stroke (P, 2)."""
    length = 0.0
    for p in range(1, len(stroke)):
        length += math.hypot(stroke[p, 0] - stroke[p - 1, 0], stroke[p, 1] - stroke[p - 1, 1])
    return length


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
def change_ends(stroke, hook, hook_loss, rng):
    """Return the stroke with its hook left out, its ends cut short or drawn too long, now and then."""
    first, last = 0.0, 1.0
    if hook < 1 and rng.random() < hook_loss:
        last = hook
    if rng.random() < 0.16:
        first = rng.random() ** 1.5 * 0.28
    elif rng.random() < 0.12:
        first = -rng.random() * 0.1
    if rng.random() < 0.16:
        last -= rng.random() ** 1.5 * 0.28
    elif rng.random() < 0.12 and last == 1.0:
        last += rng.random() * 0.12
    return stroke if first == 0 and last == 1 else retrace(stroke, first, last)


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
def total_turn(stroke):
    """Return the sum of a stroke's changes of direction, in radians."""
    turn = 0.0
    for p in range(2, len(stroke)):
        bx, by = stroke[p - 1, 0] - stroke[p - 2, 0], stroke[p - 1, 1] - stroke[p - 2, 1]
        ax, ay = stroke[p, 0] - stroke[p - 1, 0], stroke[p, 1] - stroke[p - 1, 1]
        turn += abs(math.atan2(bx * ay - by * ax, bx * ax + by * ay))
    return turn


@njit(cache=True)
def tremble(stroke, amount, rng):
    """Let a stroke wander: a random walk that is drawn back, in place."""
    drift_x, drift_y = 0.0, 0.0
    for p in range(len(stroke)):
        drift_x = 0.6 * drift_x + amount * rng.normal()
        drift_y = 0.6 * drift_y + amount * rng.normal()
        stroke[p, 0] += drift_x
        stroke[p, 1] += drift_y


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
def slant(points, a, rng):
    """Turn, shear and stretch the whole character, in place; now and then as on a turned page or in italics."""
    turn, shear, stretch = rng.normal() * 0.08 * a, rng.normal() * 0.12 * a, math.exp(rng.normal() * 0.08 * a)
    if rng.random() < 0.15:
        turn = (2 * rng.random() - 1) * 0.37
    if rng.random() < 0.1:
        shear = (2 * rng.random() - 1) * 0.37
    if rng.random() < 0.1:
        stretch = math.exp((2 * rng.random() - 1) * 0.25)
    cos, sin = math.cos(turn), math.sin(turn)
    for p in range(len(points)):
        x, y = points[p, 0] * stretch, points[p, 1] / stretch
        x += shear * y
        points[p, 0], points[p, 1] = cos * x - sin * y, sin * x + cos * y


@njit(cache=True)
def join(strokes, haste, rng):
    """Return (S+1,) starts of the strokes' points, with consecutive strokes joined when the pen has a short way.

    Now and then one pair is joined over any distance: the pen was not lifted.
    """
    count = strokes.shape[1]
    starts = np.zeros(len(strokes) + 1, dtype=np.int64)
    unlifted = rng.integers(0, len(strokes)) if rng.random() < 0.05 else 0
    kept = 1
    for s in range(1, len(strokes)):
        gap = math.hypot(strokes[s, 0, 0] - strokes[s - 1, -1, 0], strokes[s, 0, 1] - strokes[s - 1, -1, 1])
        if rng.random() >= haste * (1 - gap / 0.45) and s != unlifted:
            starts[kept] = s * count
            kept += 1
    starts[kept] = len(strokes) * count
    return starts[: kept + 1]


@njit(cache=True)
def find_forgotten(strokes, rng):
    """Return the stroke that the hand leaves out: a short one of many, seldom; -1 for none."""
    if len(strokes) >= MANY_STROKES and rng.random() < 0.03:
        candidate = rng.integers(0, len(strokes))
        if length_of(strokes[candidate]) < SHORT:
            return candidate
    return -1


@njit(cache=True)
def imitate_hand(template, components, parts, looseness, hooks, rng):
    """Return (points (S·P, 2), starts) of one character as a hand might write it, box side about 1 at the origin."""
    a = min(1.9, abs(rng.normal() * 0.45 + 0.8) + 0.1)
    strokes = normalise(template)
    disorder = 2.5 if rng.random() < 0.15 else 1.0  # some hands keep no proportions
    move_components(strokes, components, looseness, disorder * a, rng)
    move_components(strokes, parts, looseness, 0.5 * disorder * a, rng)
    hook_loss = 0.8 if rng.random() < 0.25 else 0.15
    smoothing = rng.integers(1, 4) if rng.random() < 0.5 else 0
    tremor = abs(rng.normal()) * 0.006 * a if rng.random() < 0.4 else 0.0
    is_angular = rng.random() < 0.2
    for s in range(len(strokes)):
        if hooks[s] < 1 and rng.random() < 0.12:
            draw_out_hook(strokes[s], hooks[s], rng)
        strokes[s] = change_ends(strokes[s], hooks[s], hook_loss, rng)
        if is_angular:
            # More lines where the stroke turns more: そ in two lines would be another character.
            straighten(strokes[s], min(strokes.shape[1] - 1, rng.integers(2, 5) + int(total_turn(strokes[s]) / 0.8)))
        bend_stroke(strokes[s], a if not is_angular else 0.6 * a, rng)
        if tremor > 0:
            tremble(strokes[s], tremor, rng)
    forgotten = find_forgotten(strokes, rng)
    if forgotten >= 0:
        strokes = np.concatenate((strokes[:forgotten], strokes[forgotten + 1 :]))
    # Characters of few strokes, most hiragana among them, are the ones that hands run together.
    haste = rng.random() * (0.9 if len(strokes) <= 4 else 0.6) if rng.random() < 0.5 else 0.0
    starts = join(strokes, haste, rng)
    points = strokes.copy().reshape(-1, 2)
    for s in range(len(starts) - 1):
        smooth(points[starts[s] : starts[s + 1]], smoothing)
    displace(points, COARSE, COARSE_SD * a, rng)
    displace(points, FINE, FINE_SD * a, rng)
    slant(points, a, rng)
    return points, starts
