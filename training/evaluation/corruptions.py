"""Corruptions: what a drawing is put through to see whether it is still read. One row of a table each.

A row changes the strokes, or draws them another way; both are pure and take their generator, which
`corrupted_image` seeds with the row's name and the drawing's number: the same images every time. Amounts are those of a
plain but not extreme hand, pen, mouse or camera; none was tuned on what a model reads.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from kakitori.ink import Strokes, pack
from kakitori.picture import rasterise_image
from kakitori.spec import ModelSpec
from training.evaluation.photo import take_photo
from training.evaluation.scan import SCANS, Scan, take_scan
from training.ink.rasteriser import fit, rasterise
from training.ink.stroke import tremble

PAD = 256  # pixels, side of the pad that pens and mice are measured on
MOUSE_STEP = 8.0  # pixels between two reports of a mouse
MOUSE_TREMOR = 1.5  # pixels, the amount of `tremble`
SLANT = 0.3  # sideways shift by height, about 17 degrees
STRETCH = 1.25
MANY_STROKES = 8  # from which on a missing one seldom makes another character
SHORT_SHARE = 1 / 3  # of the strokes count as short

Lines = list[np.ndarray]  # strokes, each (P, 2) float64, P >= 1
Change = Callable[[Lines, Generator], Lines | None]  # None: does not apply to this drawing
Draw = Callable[[Lines, ModelSpec, Generator], np.ndarray]  # -> coverage (H, W) float32 in [0, 1]


def keep(lines: Lines, _rng: Generator) -> Lines:
    """Return the strokes as they are."""
    return lines


def turned(degrees: float) -> Change:
    """Return a turn of the whole drawing, clockwise as seen (y points down)."""
    cos, sin = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    return _mapped(np.array([[cos, -sin], [sin, cos]]))


def slanted(shift: float) -> Change:
    """Return a shear that moves the top by `shift` of the height to the right, against the foot."""
    return _mapped(np.array([[1, -shift], [0, 1]]))


def stretched(wide: float) -> Change:
    """Return a change of proportion: so many times as wide as it was, at the same height."""
    return _mapped(np.array([[wide, 0], [0, 1]]))


def _mapped(matrix: np.ndarray) -> Change:
    return lambda lines, _rng: [line @ matrix.T for line in lines]


def by_mouse(lines: Lines, rng: Generator) -> Lines:
    """Return the strokes as a mouse reports them: a point every few pixels, trembling, in whole pixels of the pad."""
    points, starts = pack(lines)
    fitted = fit(points, PAD, ModelSpec.margin)
    moved = [_respaced(line, MOUSE_STEP) for line in np.split(fitted, starts[1:-1])]
    for line in moved:
        tremble(line, MOUSE_TREMOR, rng)
    return [np.rint(line) for line in moved]


def _respaced(line: np.ndarray, step: float) -> np.ndarray:
    """Return a stroke's (P, 2) points spread evenly along it, about `step` apart, its ends kept."""
    lengths = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    even = np.linspace(0, lengths[-1], max(2, round(lengths[-1] / step) + 1))
    return np.stack([np.interp(even, lengths, line[:, axis]) for axis in (0, 1)], axis=1)


def two_joined(lines: Lines, rng: Generator) -> Lines | None:
    """Return the strokes with the end of one drawn on to the start of the next; None for a single stroke."""
    if len(lines) < 2:
        return None
    first = int(rng.integers(len(lines) - 1))
    return [*lines[:first], np.concatenate(lines[first : first + 2]), *lines[first + 2 :]]


def one_missing(lines: Lines, rng: Generator) -> Lines | None:
    """Return the strokes without one of the shorter ones; None where there are fewer than `MANY_STROKES`."""
    if len(lines) < MANY_STROKES:
        return None
    lengths = [np.hypot(*np.diff(line, axis=0).T).sum() for line in lines]
    short = np.argsort(lengths, kind="stable")[: int(len(lines) * SHORT_SHARE)]
    missing = int(rng.choice(short))
    return [line for i, line in enumerate(lines) if i != missing]


def by_pen(lines: Lines, spec: ModelSpec, _rng: Generator) -> np.ndarray:
    """Return the coverage that the model's own pen draws."""
    return rasterise(lines, spec.size, spec.margin, spec.radius)


def by_pen_of(width: float) -> Draw:
    """Return what draws with a pen of so many pixels on the pad, which the ink fills as it fills the model's image."""
    return lambda lines, spec, _rng: rasterise(lines, spec.size, spec.margin, width / 2 * spec.size / PAD)


def by_camera(lines: Lines, spec: ModelSpec, rng: Generator) -> np.ndarray:
    """Return the coverage that the image path finds in a photograph of the drawing on paper."""
    return rasterise_image(take_photo(lines, rng), spec.size, spec.margin)


def by_scanner(scan: Scan) -> Draw:
    """Return what takes the coverage that the image path finds in a scan of the drawing on paper."""
    return lambda lines, spec, rng: rasterise_image(take_scan(lines, scan, rng), spec.size, spec.margin)


@dataclass(frozen=True)
class Corruption:
    """One row: how the strokes are changed and then drawn."""

    name: str
    change: Change = keep
    draw: Draw = by_pen


UNCORRUPTED = Corruption("none")
CORRUPTIONS = (
    UNCORRUPTED,
    *(Corruption(f"turned by {degrees:+d}°", turned(degrees)) for degrees in (-20, -10, 10, 20)),
    Corruption("slanted to the left", slanted(-SLANT)),
    Corruption("slanted to the right", slanted(SLANT)),
    Corruption("a quarter wider", stretched(STRETCH)),
    Corruption("a quarter taller", stretched(1 / STRETCH)),
    Corruption("pen of 2 px", draw=by_pen_of(2)),
    Corruption("pen of 12 px", draw=by_pen_of(12)),
    Corruption("mouse", by_mouse),
    Corruption("two strokes joined", two_joined),
    Corruption("a short stroke missing", one_missing),
    Corruption("photographed", draw=by_camera),
    *(Corruption(name, draw=by_scanner(scan)) for name, scan in SCANS.items()),
)


def corrupted_image(strokes: Strokes, number: int, row: Corruption, spec: ModelSpec) -> np.ndarray | None:
    """Return a drawing's coverage (H, W) float32 in [0, 1] under a corruption, None where that does not apply.

    Args:
        strokes: as `training.ink.rasteriser` takes them.
        number: of the drawing in its file; it seeds the generator, together with the row's name.
        row: of `CORRUPTIONS`.
        spec: gives size, margin and pen.

    Raises:
        DataError: as `training.ink.rasteriser.pack`.
    """
    points, starts = pack(strokes)
    rng = np.random.default_rng([zlib.crc32(row.name.encode()), number])
    changed = row.change(np.split(points, starts[1:-1]), rng)
    return None if changed is None else row.draw(changed, spec, rng)
