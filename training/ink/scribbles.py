"""Ink that is no character: strokes that a bored hand, a child or a touch of the sleeve leaves. Pure.

Every kind draws in the unit square, y down. Straight lines are left out: 一 is one.
"""

from collections.abc import Callable

import numpy as np

POINTS = 80  # of a stroke: a spiral of five turns still looks round
CURVES = 6  # sine waves that make up a coordinate of a curve

Strokes = np.ndarray  # (S, POINTS, 2) float64, about 0..1


def curve(rng: np.random.Generator) -> Strokes:
    """Return two to four strokes that wander smoothly: one alone is often a し or a つ."""
    return np.stack([_wander(rng) for _ in range(rng.integers(2, 5))])


def tangle(rng: np.random.Generator) -> Strokes:
    """Return many wandering strokes over each other: something crossed out."""
    return np.stack([_wander(rng) for _ in range(rng.integers(5, 12))])


def zigzag(rng: np.random.Generator) -> Strokes:
    """Return one stroke to and fro, with six to fourteen straight runs, across a random direction."""
    corners = rng.integers(7, 16)
    along = np.linspace(0, 1, corners)
    across = np.where(np.arange(corners) % 2, 1.0, 0.0) + rng.normal(0, 0.08, corners)
    return _turned(_resampled(np.stack([along * rng.uniform(0.5, 1.5), across], axis=1)), rng)[None]


def spiral(rng: np.random.Generator) -> Strokes:
    """Return one stroke that winds two to five times around its beginning."""
    t = np.linspace(0.05, 1, POINTS)
    angle = 2 * np.pi * rng.uniform(2, 5) * t * rng.choice([-1, 1]) + rng.uniform(0, 2 * np.pi)
    return (np.stack([t * np.cos(angle), t * np.sin(angle) * rng.uniform(0.6, 1)], axis=1) / 2 + 0.5)[None]


def loops(rng: np.random.Generator) -> Strokes:
    """Return one stroke of three to six loops in a row, as when a pen is tried out."""
    t = np.linspace(0, 1, POINTS)
    angle = 2 * np.pi * rng.integers(3, 7) * t
    line = np.stack([t * rng.uniform(1, 2.5) + 0.2 * np.cos(angle), 0.35 * np.sin(angle)], axis=1)
    return _turned(line, rng)[None]


def rings(rng: np.random.Generator) -> Strokes:
    """Return two to four circles, at random places."""
    angle = np.linspace(0, 2 * np.pi, POINTS)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    count = rng.integers(2, 5)
    return rng.random((count, 1, 2)) + rng.uniform(0.15, 0.5, (count, 1, 1)) * circle


def hatching(rng: np.random.Generator) -> Strokes:
    """Return five to ten slanting lines beside each other: fewer, or level, would be 三 or 川."""
    count = rng.integers(5, 11)
    t = np.linspace(0, 1, POINTS)
    lines = [np.stack([i / count + 0.4 * t, 1 - t], axis=1) + rng.normal(0, 0.03, 2) for i in range(count)]
    return np.stack([_turned(line, None, rng.uniform(-0.2, 0.2)) for line in lines])


def dots(rng: np.random.Generator) -> Strokes:
    """Return one to six dots: hardly any ink."""
    return np.repeat(rng.random((rng.integers(1, 7), 1, 2)), POINTS, axis=1)


# Kinds by name. Each draws one picture from a generator.
SCRIBBLES: dict[str, Callable[[np.random.Generator], Strokes]] = {
    kind.__name__: kind for kind in (curve, tangle, zigzag, spiral, loops, rings, hatching, dots)
}


def _wander(rng: np.random.Generator) -> np.ndarray:
    """Return a smooth closed-form path (POINTS, 2): sines of falling strength from a random place."""
    t = np.linspace(0, rng.uniform(0.7, 1), POINTS)[:, None]
    strength = rng.normal(0, 1, (CURVES, 2)) / np.arange(1, CURVES + 1)[:, None]
    phase = rng.uniform(0, 2 * np.pi, (CURVES, 2))
    waves = sum(strength[k] * np.sin(2 * np.pi * (k + 1) * t + phase[k]) for k in range(CURVES))
    return 0.5 + 0.25 * waves + rng.normal(0, 0.15, 2)


def _resampled(corners: np.ndarray) -> np.ndarray:
    """Return POINTS evenly spaced points of the straight lines through (C, 2) corners."""
    length = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(corners, axis=0).T))])
    even = np.linspace(0, length[-1], POINTS)
    return np.stack([np.interp(even, length, axis) for axis in corners.T], axis=1)


def _turned(points: np.ndarray, rng: np.random.Generator | None, angle: float = 0.0) -> np.ndarray:
    """Return (P, 2) points turned by an angle in radians, a random one where there is a generator."""
    angle = rng.uniform(0, 2 * np.pi) if rng else angle
    cos, sin = np.cos(angle), np.sin(angle)
    return points @ np.array([[cos, sin], [-sin, cos]])
