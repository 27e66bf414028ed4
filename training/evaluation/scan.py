"""Simulated scans of drawings for evaluation: small grey or black-and-white pictures of characters in form cells.

Independent of the camera of training images (`training.ink.camera`, which works at the network's image size): this one
makes a picture like those in databases of scanned forms, which then goes through `kakitori.picture`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageFilter

from kakitori.strokes import Strokes, pack
from training.evaluation.photo import to_levels
from training.ink.rasteriser import cover, fit

MARGIN = (0.12, 0.22)  # share of the side on each side of the ink
PAPER, SOFTNESS = 235.0, 0.6  # grey level; standard deviation of the blur in pixels
GRAIN = 5.0  # grey levels, standard deviation of the noise of each pixel
MOTTLE_SIZE = 1.5  # pixels, standard deviation of the blur of the paper's texture
LINE_DEPTH, LINE_WIDTH = 120, (1, 3)  # levels below paper; pixels
DUST = 4  # specks of 2 x 2 pixels


@dataclass(frozen=True)
class Scan:
    """One kind of scan; lengths are shares of the side, depths grey levels."""

    side: int = 96  # pixels
    pen: float = 0.014  # radius
    depth: float = 170.0  # of the ink below the paper
    mottle: float = 0.0  # grey levels, standard deviation of the paper's texture
    has_lines: bool = False  # the cell's lines on all four sides, and dust
    threshold: float | None = None  # grey levels below paper from which a pixel is black, others white


def take_scan(strokes: Strokes, scan: Scan, rng: Generator) -> np.ndarray:
    """Return a simulated scan of strokes on paper, (side, side, 4) uint8, opaque.

    Raises:
        DataError: as `kakitori.strokes.pack`.
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
    """Return grey levels (H, W) float64 after a Gaussian blur with this standard deviation, rounded to whole levels."""
    return np.asarray(Image.fromarray(to_levels(levels)).filter(ImageFilter.GaussianBlur(pixels))).astype(np.float64)


def rule(levels: np.ndarray, rng: Generator) -> None:
    """Draw a cell's lines near the edges of grey levels (S, S), and dust, in place."""
    for turns in range(4):
        first = int(rng.integers(0, len(levels) // 24))
        np.rot90(levels, turns)[first : first + int(rng.integers(*LINE_WIDTH))] = PAPER - LINE_DEPTH
    for y, x in rng.integers(0, len(levels) - 1, (DUST, 2)):
        levels[y : y + 2, x : x + 2] = PAPER - LINE_DEPTH
