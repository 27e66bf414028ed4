"""The functions behind the rows of `training.evaluation.corruptions`: changes of strokes, and ways to draw them.

All are pure and take the generator that they draw random numbers from.
"""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from kakitori.picture import rasterise_image
from kakitori.spec import ModelSpec
from kakitori.strokes import pack
from training.evaluation.photo import take_photo
from training.evaluation.scan import Scan, take_scan
from training.ink.rasteriser import fit, rasterise
from training.ink.stroke import tremble

PAD = 256  # pixels, side of the drawing pad that pen widths and mouse steps refer to
MOUSE_STEP = 8.0  # pixels between two mouse events
MOUSE_TREMOR = 1.5  # pixels, the amount of `tremble`
MANY_STROKES = 8  # from this count on, a character with a stroke missing is rarely another character
SHORT_SHARE = 1 / 3  # of the strokes, the shortest, count as short

Lines = list[np.ndarray]  # strokes, each (P, 2) float64, P >= 1
Change = Callable[[Lines, Generator], Lines | None]  # None: the change does not apply to this drawing
Draw = Callable[[Lines, ModelSpec, Generator], np.ndarray]  # -> coverage (H, W) float32 in [0, 1]


def keep(lines: Lines, _rng: Generator) -> Lines:
    """Return the strokes unchanged."""
    return lines


def turned(degrees: float) -> Change:
    """Return a rotation of the whole drawing by degrees, clockwise on the screen (y points down)."""
    cos, sin = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    return _mapped(np.array([[cos, -sin], [sin, cos]]))


def slanted(shift: float) -> Change:
    """Return a shear that moves the top right, relative to the bottom, by `shift` times the height."""
    return _mapped(np.array([[1, -shift], [0, 1]]))


def stretched(wide: float) -> Change:
    """Return a horizontal scaling by the factor `wide`."""
    return _mapped(np.array([[wide, 0], [0, 1]]))


def _mapped(matrix: np.ndarray) -> Change:
    return lambda lines, _rng: [line @ matrix.T for line in lines]


def by_mouse(lines: Lines, rng: Generator) -> Lines:
    """Return the strokes as mouse events: points about MOUSE_STEP apart, with tremor, in whole pixels of the pad."""
    points, starts = pack(lines)
    fitted = fit(points, PAD, ModelSpec.margin)
    moved = [_respaced(line, MOUSE_STEP) for line in np.split(fitted, starts[1:-1])]
    for line in moved:
        tremble(line, MOUSE_TREMOR, rng)
    return [np.rint(line) for line in moved]


def _respaced(line: np.ndarray, step: float) -> np.ndarray:
    """Return a stroke (P, 2) resampled evenly, about `step` apart, with its end points."""
    lengths = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    even = np.linspace(0, lengths[-1], max(2, round(lengths[-1] / step) + 1))
    return np.stack([np.interp(even, lengths, line[:, axis]) for axis in (0, 1)], axis=1)


def two_joined(lines: Lines, rng: Generator) -> Lines | None:
    """Return the strokes with two successive ones joined into one; None for a single stroke."""
    if len(lines) < 2:
        return None
    first = int(rng.integers(len(lines) - 1))
    return [*lines[:first], np.concatenate(lines[first : first + 2]), *lines[first + 2 :]]


def one_missing(lines: Lines, rng: Generator) -> Lines | None:
    """Return the strokes without one of the short ones; None if there are fewer than MANY_STROKES."""
    if len(lines) < MANY_STROKES:
        return None
    lengths = [np.hypot(*np.diff(line, axis=0).T).sum() for line in lines]
    short = np.argsort(lengths, kind="stable")[: int(len(lines) * SHORT_SHARE)]
    missing = int(rng.choice(short))
    return [line for i, line in enumerate(lines) if i != missing]


def by_pen(lines: Lines, spec: ModelSpec, _rng: Generator) -> np.ndarray:
    """Return the coverage drawn with the model's own pen."""
    return rasterise(lines, spec.size, spec.margin, spec.radius)


def by_pen_of(width: float) -> Draw:
    """Return a drawing function whose pen is `width` pixels of the pad wide; the ink fills the pad."""
    return lambda lines, spec, _rng: rasterise(lines, spec.size, spec.margin, width / 2 * spec.size / PAD)


def by_camera(lines: Lines, spec: ModelSpec, rng: Generator) -> np.ndarray:
    """Return the coverage that `kakitori.picture` finds in a simulated photograph of the drawing."""
    return rasterise_image(take_photo(lines, rng), spec.size, spec.margin)


def by_scanner(scan: Scan, lines: Lines, spec: ModelSpec, rng: Generator) -> np.ndarray:
    """Return the coverage that `kakitori.picture` finds in a simulated scan of the drawing."""
    return rasterise_image(take_scan(lines, scan, rng), spec.size, spec.margin)
