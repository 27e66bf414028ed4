"""Scribbles: random strokes that are no character, in kinds. Pure.

Every kind draws in about the unit square, y down. Straight lines are left out, since 一 is one.
"""

from collections.abc import Callable

import numpy as np

POINTS = 80  # of a stroke: a spiral of five turns is still round
# Ranges: a count is drawn from the first to before the second, other numbers uniformly between the two. Lengths are
# sides of the unit square.
CURVE_STROKES = (2, 5)  # one alone is often a し or a つ
TANGLE_STROKES = (5, 12)
WAVES = 6  # sines that are added for each coordinate of a wandering stroke
WAVE_SD = 0.25  # amplitude of the first; that of wave k is WAVE_SD / k
WANDER_LENGTH = (0.7, 1.0)  # periods of the first wave
WANDER_SHIFT_SD = 0.15
ZIGZAG_CORNERS = (7, 16)
ZIGZAG_WIDTH = (0.5, 1.5)  # along the direction of the zigzag; across it is 1
ZIGZAG_CORNER_SD = 0.08
SPIRAL_TURNS = (2, 5)
SPIRAL_START = 0.05  # share of the outer radius
SPIRAL_HEIGHT = (0.6, 1)  # share of the width
LOOPS = (3, 7)
LOOPS_WIDTH = (1, 2.5)
LOOP_WIDTH, LOOP_HEIGHT = 0.2, 0.35  # half of each loop's
RINGS = (2, 5)
RING_RADIUS = (0.15, 0.5)
HATCHES = (5, 11)  # fewer, or level ones, would be 三 or 川
HATCH_SLANT = 0.4  # x per y
HATCH_SHIFT_SD = 0.03
HATCH_TURN = (-0.2, 0.2)  # radians
DOTS = (1, 7)

Strokes = np.ndarray  # (S, POINTS, 2) float64, about 0..1


def curve(rng: np.random.Generator) -> Strokes:
    """Return a few strokes that wander smoothly."""
    return np.stack([_wander(rng) for _ in range(rng.integers(*CURVE_STROKES))])


def tangle(rng: np.random.Generator) -> Strokes:
    """Return many wandering strokes over each other, as when something is crossed out."""
    return np.stack([_wander(rng) for _ in range(rng.integers(*TANGLE_STROKES))])


def zigzag(rng: np.random.Generator) -> Strokes:
    """Return one stroke of straight lines to and fro, across a random direction."""
    corners = rng.integers(*ZIGZAG_CORNERS)
    along = np.linspace(0, 1, corners)
    across = np.where(np.arange(corners) % 2, 1.0, 0.0) + rng.normal(0, ZIGZAG_CORNER_SD, corners)
    return _turned(_resampled(np.stack([along * rng.uniform(*ZIGZAG_WIDTH), across], axis=1)), rng)[None]


def spiral(rng: np.random.Generator) -> Strokes:
    """Return one stroke that winds around its start."""
    t = np.linspace(SPIRAL_START, 1, POINTS)
    angle = 2 * np.pi * rng.uniform(*SPIRAL_TURNS) * t * rng.choice([-1, 1]) + rng.uniform(0, 2 * np.pi)
    return (np.stack([t * np.cos(angle), t * np.sin(angle) * rng.uniform(*SPIRAL_HEIGHT)], axis=1) / 2 + 0.5)[None]


def loops(rng: np.random.Generator) -> Strokes:
    """Return one stroke of loops in a row."""
    t = np.linspace(0, 1, POINTS)
    angle = 2 * np.pi * rng.integers(*LOOPS) * t
    x = t * rng.uniform(*LOOPS_WIDTH) + LOOP_WIDTH * np.cos(angle)
    return _turned(np.stack([x, LOOP_HEIGHT * np.sin(angle)], axis=1), rng)[None]


def rings(rng: np.random.Generator) -> Strokes:
    """Return a few circles at random places."""
    angle = np.linspace(0, 2 * np.pi, POINTS)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    count = rng.integers(*RINGS)
    return rng.random((count, 1, 2)) + rng.uniform(*RING_RADIUS, (count, 1, 1)) * circle


def hatching(rng: np.random.Generator) -> Strokes:
    """Return several slanting lines beside each other."""
    count = rng.integers(*HATCHES)
    t = np.linspace(0, 1, POINTS)
    lines = [
        np.stack([i / count + HATCH_SLANT * t, 1 - t], axis=1) + rng.normal(0, HATCH_SHIFT_SD, 2) for i in range(count)
    ]
    return np.stack([_turned(line, None, rng.uniform(*HATCH_TURN)) for line in lines])


def dots(rng: np.random.Generator) -> Strokes:
    """Return a few dots: hardly any ink."""
    return np.repeat(rng.random((rng.integers(*DOTS), 1, 2)), POINTS, axis=1)


# Kinds by name. Each draws one scribble from a generator.
SCRIBBLES: dict[str, Callable[[np.random.Generator], Strokes]] = {
    kind.__name__: kind for kind in (curve, tangle, zigzag, spiral, loops, rings, hatching, dots)
}


def _wander(rng: np.random.Generator) -> np.ndarray:
    """Return a smooth path (POINTS, 2): sines of decreasing amplitude about a random place."""
    t = np.linspace(0, rng.uniform(*WANDER_LENGTH), POINTS)[:, None]
    strength = rng.normal(0, 1, (WAVES, 2)) / np.arange(1, WAVES + 1)[:, None]
    phase = rng.uniform(0, 2 * np.pi, (WAVES, 2))
    waves = sum(strength[k] * np.sin(2 * np.pi * (k + 1) * t + phase[k]) for k in range(WAVES))
    return 0.5 + WAVE_SD * waves + rng.normal(0, WANDER_SHIFT_SD, 2)


def _resampled(corners: np.ndarray) -> np.ndarray:
    """Return POINTS evenly spaced points of the straight lines through corners (C, 2)."""
    length = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(corners, axis=0).T))])
    even = np.linspace(0, length[-1], POINTS)
    return np.stack([np.interp(even, length, axis) for axis in corners.T], axis=1)


def _turned(points: np.ndarray, rng: np.random.Generator | None, angle: float = 0.0) -> np.ndarray:
    """Return points (P, 2) turned by `angle` in radians, or by a random angle where there is a generator."""
    angle = rng.uniform(0, 2 * np.pi) if rng else angle
    cos, sin = np.cos(angle), np.sin(angle)
    return points @ np.array([[cos, sin], [-sin, cos]])
