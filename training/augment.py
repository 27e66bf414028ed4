"""What hands do to strokes, and pens, paper and cameras to pixels. Compiled: 3,000 images a second a core and more.

Every change takes the generator explicitly. Lengths are shares of the character's box, angles radians; `a` is the
strength of the hand's changes, |N(0.8, 0.45)| + 0.1, at most 1.9. The amounts started from an experiment of November 2026
(ink only, 99.6 % top-1 on a learner's kanji) and were then looked at on contact sheets beside real handwriting.
"""

import math

import numpy as np
from numba import njit

from training.ink import cover

COARSE, FINE = 3, 6  # grid sides of the two displacement fields
COARSE_SD, FINE_SD = 0.032, 0.014


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
def move_components(strokes, components, a, rng):
    """Shift, turn and stretch each part of the character about its own centre, in place."""
    for part in range(components.max() + 1):
        count, centre_x, centre_y = 0, 0.0, 0.0
        for s in range(len(strokes)):
            if components[s] == part:
                count += 1
                centre_x += strokes[s, :, 0].mean()
                centre_y += strokes[s, :, 1].mean()
        if count == 0:
            continue
        centre_x, centre_y = centre_x / count, centre_y / count
        turn = rng.normal() * 0.04 * a
        cos, sin = math.cos(turn), math.sin(turn)
        wide, high = math.exp(rng.normal() * 0.07 * a), math.exp(rng.normal() * 0.07 * a)
        shift_x, shift_y = rng.normal() * 0.022 * a, rng.normal() * 0.022 * a
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
        i = min(max(int(math.floor(at)), 0), count - 2)
        traced[p] = stroke[i] + (at - i) * (stroke[i + 1] - stroke[i])
    return traced


@njit(cache=True)
def bend_stroke(stroke, a, rng):
    """Scale a stroke about a point of its chord, turn, shift and bow it, in place."""
    count = len(stroke)
    chord_x, chord_y = stroke[-1, 0] - stroke[0, 0], stroke[-1, 1] - stroke[0, 1]
    at = rng.random()
    pivot_x, pivot_y = stroke[0, 0] + at * chord_x, stroke[0, 1] + at * chord_y
    scale, turn = math.exp(rng.normal() * 0.13 * a), rng.normal() * 0.075 * a
    cos, sin = scale * math.cos(turn), scale * math.sin(turn)
    shift_x, shift_y = rng.normal() * 0.017 * a, rng.normal() * 0.017 * a
    bow = rng.normal() * 0.06 * a
    peak = 0.5 + 0.15 * rng.normal()
    for p in range(count):
        t = p / (count - 1)
        arch = bow * math.sin(math.pi * t ** (0.5 if peak < 0.35 else 2.0 if peak > 0.65 else 1.0))
        x, y = stroke[p, 0] - pivot_x - arch * chord_y, stroke[p, 1] - pivot_y + arch * chord_x
        stroke[p, 0] = pivot_x + cos * x - sin * y + shift_x
        stroke[p, 1] = pivot_y + sin * x + cos * y + shift_y


@njit(cache=True)
def change_ends(stroke, hook, hook_loss, rng):
    """Return the stroke with its hook left out, its ends cut short or drawn too long, now and then."""
    first, last = 0.0, 1.0
    if hook < 1 and rng.random() < hook_loss:
        last = hook
    if rng.random() < 0.16:
        first = rng.random() * 0.16
    elif rng.random() < 0.12:
        first = -rng.random() * 0.1
    if rng.random() < 0.16:
        last -= rng.random() * 0.16
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
    """Turn, shear and stretch the whole character, in place."""
    turn, shear, stretch = rng.normal() * 0.08 * a, rng.normal() * 0.12 * a, math.exp(rng.normal() * 0.08 * a)
    cos, sin = math.cos(turn), math.sin(turn)
    for p in range(len(points)):
        x, y = points[p, 0] * stretch, points[p, 1] / stretch
        x += shear * y
        points[p, 0], points[p, 1] = cos * x - sin * y, sin * x + cos * y


@njit(cache=True)
def join(strokes, haste, rng):
    """Return (S+1,) starts of the strokes' points, with consecutive strokes joined when the pen has a short way."""
    count = strokes.shape[1]
    starts = np.zeros(len(strokes) + 1, dtype=np.int64)
    kept = 1
    for s in range(1, len(strokes)):
        gap = math.hypot(strokes[s, 0, 0] - strokes[s - 1, -1, 0], strokes[s, 0, 1] - strokes[s - 1, -1, 1])
        if rng.random() >= haste * (1 - gap / 0.45):
            starts[kept] = s * count
            kept += 1
    starts[kept] = len(strokes) * count
    return starts[: kept + 1]


@njit(cache=True)
def imitate_hand(template, components, hooks, rng):
    """Return (points (S·P, 2), starts) of one character as a hand might write it, box side about 1 at the origin."""
    a = min(1.9, abs(rng.normal() * 0.45 + 0.8) + 0.1)
    strokes = normalise(template)
    move_components(strokes, components, a, rng)
    hook_loss = 0.8 if rng.random() < 0.25 else 0.15
    smoothing = rng.integers(1, 4) if rng.random() < 0.5 else 0
    tremor = abs(rng.normal()) * 0.006 * a if rng.random() < 0.4 else 0.0
    is_angular = rng.random() < 0.15
    for s in range(len(strokes)):
        strokes[s] = change_ends(strokes[s], hooks[s], hook_loss, rng)
        if is_angular:
            # More lines where the stroke turns more: そ in two lines would be another character.
            straighten(strokes[s], min(strokes.shape[1] - 1, rng.integers(2, 5) + int(total_turn(strokes[s]) / 0.8)))
        bend_stroke(strokes[s], a if not is_angular else 0.6 * a, rng)
        smooth(strokes[s], smoothing)
        if tremor > 0:
            tremble(strokes[s], tremor, rng)
    # Characters of few strokes, most hiragana among them, are the ones that hands run together.
    haste = rng.random() * (0.9 if len(strokes) <= 4 else 0.6) if rng.random() < 0.5 else 0.0
    starts = join(strokes, haste, rng)
    points = strokes.reshape(-1, 2)
    displace(points, COARSE, COARSE_SD * a, rng)
    displace(points, FINE, FINE_SD * a, rng)
    slant(points, a, rng)
    return points, starts


@njit(cache=True)
def pen_radii(starts, size, rng):
    """Return (P,) pen radii in pixels: one pen an image, pressed differently along and between strokes, now and then.

    The widest pen of the range is for few strokes: a hand takes a finer one for many.
    """
    widest = 2.4 - 0.06 * min(15, len(starts) - 1) if rng.random() < 0.95 else 2.9
    pen = (0.6 + (widest - 0.6) * rng.random()) * size / 64
    radii = np.full(starts[-1], pen)
    if rng.random() < 0.4:
        for s in range(len(starts) - 1):
            first = pen * math.exp(rng.normal() * 0.25)
            last = pen * math.exp(rng.normal() * 0.3 - 0.1)
            count = starts[s + 1] - starts[s]
            for p in range(count):
                radii[starts[s] + p] = first + (last - first) * p / max(1, count - 1)
    return radii


@njit(cache=True)
def place(points, size, rng):
    """Return the points in pixels: fitted like real ink, with another margin, now and then small or off centre."""
    margin = 0.02 + 0.1 * rng.random() if rng.random() < 0.9 else 0.12 + 0.1 * rng.random()
    side, middle = 1e-9, np.empty(2)
    for axis in range(2):
        low, high = points[:, axis].min(), points[:, axis].max()
        middle[axis] = (low + high) / 2
        side = max(side, high - low)
    shift = rng.normal() * 0.015 * size if rng.random() < 0.4 else 0.0
    scaled = (points - middle) * ((1 - 2 * margin) * size / side) + size / 2
    scaled[:, 0] += shift
    scaled[:, 1] += shift * rng.normal()
    return scaled


@njit(cache=True)
def blur(image):
    """Return an image (H, W) after a 3x3 binomial filter, paper beyond the edges."""
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


@njit(cache=True)
def photograph(image, rng):
    """Return coverage (H, W) as a camera or scanner might see it: soft, grainy, pale, patchy, specked, thresholded."""
    if rng.random() < 0.6:
        image = blur(image)
        if image.shape[0] >= 48 and rng.random() < 0.4:
            image = blur(image)
    gain, gamma = 0.9 + 0.7 * rng.random(), 0.6 + 0.9 * rng.random()
    grain = 0.1 * rng.random() if rng.random() < 0.5 else 0.0
    patchiness = 0.3 * rng.random() if rng.random() < 0.2 else 0.0
    threshold = (0.3 + 0.35 * rng.random()) * image.max() if rng.random() < 0.25 else 0.0
    patch = 0.0
    for i in range(image.shape[0]):
        for j in range(image.shape[1]):
            value = min(1.0, image[i, j] * gain)
            if patchiness > 0:
                patch = 0.7 * patch + patchiness * rng.normal()
                value *= 1 - min(0.85, abs(patch))
            if grain > 0:
                value += grain * rng.normal()
            if threshold > 0:
                value = 1.0 if value > min(0.65, threshold) else 0.0
            image[i, j] = min(1.0, max(0.0, value)) ** gamma
    image *= (0.7 + 0.3 * rng.random()) / max(0.1, image.max())
    if rng.random() < 0.2:
        for _ in range(rng.integers(1, 6)):
            image[rng.integers(0, image.shape[0]), rng.integers(0, image.shape[1])] = 0.3 + 0.7 * rng.random()
    return image


@njit(cache=True)
def draw_batch(images, labels, strokes, components, hooks, stroke_starts, template_starts, photographed, rng):
    """Fill `images` (N, H, H) uint8 (0 paper, 255 ink) with one imitation each of the classes `labels` (N,).

    The other arrays are those of `training.data.kanjivg.Templates`; `photographed` is the share of images that pass
    through `photograph`.
    """
    size = images.shape[1]
    for n in range(len(labels)):
        first, last = template_starts[labels[n]], template_starts[labels[n] + 1]
        template = rng.integers(first, last)
        begin, end = stroke_starts[template], stroke_starts[template + 1]
        points, starts = imitate_hand(strokes[begin:end].astype(np.float64), components[begin:end], hooks[begin:end], rng)
        coverage = np.zeros((size, size))
        cover(coverage, place(points, size, rng), starts, pen_radii(starts, size, rng))
        if rng.random() < photographed:
            coverage = photograph(coverage, rng)
        for i in range(size):
            for j in range(size):
                images[n, i, j] = np.uint8(coverage[i, j] * 255 + 0.5)
