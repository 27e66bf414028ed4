"""The table of corruptions, and the image of a drawing under one of them. To add a corruption, add a row.

Amounts are those of ordinary handwriting, pens, mice, cameras and scanners; none was tuned on a model's results.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from kakitori.spec import ModelSpec
from kakitori.strokes import Strokes, pack
from training.evaluation.scan import Scan
from training.evaluation.transforms import (
    Change,
    Draw,
    by_camera,
    by_mouse,
    by_pen,
    by_pen_of,
    by_scanner,
    keep,
    one_missing,
    slanted,
    stretched,
    turned,
    two_joined,
)


@dataclass(frozen=True)
class Corruption:
    """One row: a name for tables, a seed of its own, how strokes are changed, and how they are drawn."""

    name: str
    seed: int
    change: Change = keep
    draw: Draw = by_pen


def scanned(**amounts: Any) -> Draw:
    """Return a drawing function that scans; the amounts are those of `training.evaluation.scan.Scan`."""
    return partial(by_scanner, Scan(**amounts))


# Another seed would change a row's images, and so its figures.
UNCORRUPTED = Corruption("none", 2140143823)
CORRUPTIONS = (
    UNCORRUPTED,
    Corruption("turned by -20°", 3433890893, turned(-20)),
    Corruption("turned by -10°", 3726158755, turned(-10)),
    Corruption("turned by +10°", 1364745731, turned(10)),
    Corruption("turned by +20°", 1139667437, turned(20)),
    Corruption("slanted to the left", 4219036974, slanted(-0.3)),  # about 17 degrees
    Corruption("slanted to the right", 737447731, slanted(0.3)),
    Corruption("a quarter wider", 4102240998, stretched(1.25)),
    Corruption("a quarter taller", 1553372531, stretched(1 / 1.25)),
    Corruption("pen of 2 px", 3198164278, draw=by_pen_of(2)),
    Corruption("pen of 12 px", 1510826619, draw=by_pen_of(12)),
    Corruption("mouse", 2939533037, by_mouse),
    Corruption("two strokes joined", 253963042, two_joined),
    Corruption("a short stroke missing", 111616959, one_missing),
    Corruption("photographed", 3806842670, draw=by_camera),
    Corruption("scanned in its cell, with dust", 3601061987, draw=scanned(has_lines=True)),
    Corruption("scanned at 24 pixels", 3493238945, draw=scanned(side=24, pen=0.025)),
    Corruption("scanned, pale pencil", 1200081957, draw=scanned(side=64, depth=60, pen=0.012, mottle=4)),
    Corruption("scanned, mottled paper", 858418761, draw=scanned(depth=130, mottle=10)),
    Corruption(
        "scanned, broken black and white", 2056321667, draw=scanned(side=64, pen=0.011, mottle=15, threshold=80)
    ),
    Corruption(
        "scanned, felt tip, black and white", 1760088419, draw=scanned(side=64, pen=0.035, mottle=15, threshold=65)
    ),
)


def corrupted_image(strokes: Strokes, number: int, row: Corruption, spec: ModelSpec) -> np.ndarray | None:
    """Return a drawing's coverage (H, W) float32 in [0, 1] under a corruption, None if it does not apply.

    Args:
        strokes: as `training.ink.rasteriser` takes them.
        number: of the drawing in its file; with the row's seed it seeds the generator.
        row: of `CORRUPTIONS`.
        spec: gives size, margin and pen.

    Raises:
        DataError: as `kakitori.strokes.pack`.
    """
    points, starts = pack(strokes)
    rng = np.random.default_rng([row.seed, number])
    changed = row.change(np.split(points, starts[1:-1]), rng)
    return None if changed is None else row.draw(changed, spec, rng)
