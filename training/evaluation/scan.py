"""Scans of drawings, made for measuring: small grey or black-and-white pictures of characters in cells on paper.

Not the camera that draws training images (`training.ink.camera` works on the network's 64 pixels): this one makes a
picture as databases of scanned forms hold them, which then takes the whole image path.
"""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageFilter

from kakitori.ink import Strokes, pack
from training.evaluation.photo import to_levels
from training.ink.rasteriser import cover, fit

MARGIN = (0.12, 0.22)  # share of the side left free around the ink
PAPER, SOFTNESS = 235.0, 0.6  # level of grey; pixels, standard deviation
GRAIN = 5.0  # levels of grey from pixel to pixel, standard deviation
MOTTLE_SIZE = 1.5  # pixels, of the paper's fibres
LINE_DEPTH, LINE_WIDTH = 120, (1, 3)  # levels below paper; pixels
DUST = 4  # specks of 2 pixels' side


@dataclass(frozen=True)
class Scan:
    """One kind of scan; lengths are shares of the side, depths levels of grey."""

    side: int = 96  # pixels
    pen: float = 0.014  # radius
    depth: float = 170.0  # of the ink, below the paper
    mottle: float = 0.0  # unevenness of the paper, standard deviation
    has_lines: bool = False  # those of the cell, at all four sides, and dust
    threshold: float | None = None  # levels below paper that become black, everything else white


SCANS = {
    "scanned in its cell, with dust": Scan(has_lines=True),
    "scanned at 24 pixels": Scan(side=24, pen=0.025),
    "scanned, pale pencil": Scan(side=64, depth=60, pen=0.012, mottle=4),
    "scanned, mottled paper": Scan(depth=130, mottle=10),
    "scanned, broken black and white": Scan(side=64, pen=0.011, mottle=15, threshold=80),
    "scanned, felt tip, black and white": Scan(side=64, pen=0.035, mottle=15, threshold=65),
}


def take_scan(strokes: Strokes, scan: Scan, rng: Generator) -> np.ndarray:
    """Return a scan of strokes on paper, (side, side, 4) uint8, opaque.

    Raises:
        DataError: as `training.ink.rasteriser.pack`.
    """
    points, starts = pack(strokes)
    side, coverage = scan.side, np.zeros((scan.side, scan.side))
    cover(coverage, fit(points, side, rng.uniform(*MARGIN)), starts, np.full(len(points), scan.pen * side))
    levels = PAPER - scan.depth * coverage
    if scan.has_lines:
        rule(levels, rng)
    fibres = soften(rng.normal(128, 40, levels.shape), MOTTLE_SIZE) - 128
    levels = soften(levels, SOFTNESS) + scan.mottle * fibres / fibres.std() + rng.normal(0, GRAIN, levels.shape)
    if scan.threshold is not None:
        levels = np.where(levels < PAPER - scan.threshold, 0, 255)
    grey = to_levels(levels)
    return np.dstack([grey, grey, grey, np.full_like(grey, 255)])


def soften(levels: np.ndarray, pixels: float) -> np.ndarray:
    """Return levels of grey (H, W) blurred by a Gaussian of so many pixels, in whole levels."""
    return np.asarray(Image.fromarray(to_levels(levels)).filter(ImageFilter.GaussianBlur(pixels))).astype(np.float64)


def rule(levels: np.ndarray, rng: Generator) -> None:
    """Draw the lines of a cell along the edges of a picture (S, S), not quite at them, and dust, in place."""
    for turns in range(4):
        first = int(rng.integers(0, len(levels) // 24))
        np.rot90(levels, turns)[first : first + int(rng.integers(*LINE_WIDTH))] = PAPER - LINE_DEPTH
    for y, x in rng.integers(0, len(levels) - 1, (DUST, 2)):
        levels[y : y + 2, x : x + 2] = PAPER - LINE_DEPTH
