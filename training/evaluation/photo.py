"""Photographs of drawings, made for measuring: ink on tinted, unevenly lit paper, shadowed, soft, grainy, JPEG.

Not the camera that draws training images (`training.ink.camera` works on the network's 64 pixels): this one makes a
picture of the size a user might crop, which then takes the whole image path.
"""

import io

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageFilter

from kakitori.ink import Strokes, pack
from training.ink.rasteriser import cover, fit

SIDE = 256  # pixels
MARGIN = (0.1, 0.2)  # share of the side left free around the ink
PEN = (0.008, 0.016)  # radius, share of the side: a pen's line on a character of 2 cm
PAPER = (225, 245)  # level of each colour, on its own: white to yellowish
INK = (20, 90)  # black or blue pens, soft pencils
GRADIENT = 0.12  # the light falls off by up to so much towards each side
SHADOW, SHADOW_EDGE = (0.7, 0.95), (0.03, 0.2)  # light left in the shadow; width of its edge, share of the side
BLUR = (0.6, 1.8)  # pixels, standard deviation
NOISE = (2.0, 8.0)  # levels, standard deviation
JPEG_QUALITY = 40


def take_photo(strokes: Strokes, rng: Generator) -> np.ndarray:
    """Return a photograph of strokes on paper, (SIDE, SIDE, 4) uint8, opaque.

    Raises:
        DataError: as `training.ink.rasteriser.pack`.
    """
    points, starts = pack(strokes)
    coverage = np.zeros((SIDE, SIDE))
    fitted = fit(points, SIDE, rng.uniform(*MARGIN))
    cover(coverage, fitted, starts, np.full(len(points), rng.uniform(*PEN) * SIDE))
    paper, ink = rng.uniform(*PAPER, 3), rng.uniform(*INK) + rng.uniform(0, 30, 3)
    levels = (paper + coverage[..., None] * (ink - paper)) * light(rng)[..., None]
    soft = Image.fromarray(to_levels(levels)).filter(ImageFilter.GaussianBlur(rng.uniform(*BLUR)))
    grainy = to_levels(np.asarray(soft) + rng.normal(0, rng.uniform(*NOISE), (SIDE, SIDE, 3)))
    return np.asarray(_through_jpeg(Image.fromarray(grainy)).convert("RGBA"))


def light(rng: Generator) -> np.ndarray:
    """Return the share of light that falls on each pixel, (SIDE, SIDE): uneven, with a soft-edged shadow."""
    y, x = np.mgrid[0:SIDE, 0:SIDE] / SIDE - 0.5
    slope_x, slope_y = rng.uniform(-GRADIENT, GRADIENT, 2)
    angle, place, edge = rng.uniform(0, 2 * np.pi), rng.uniform(-0.3, 0.3), rng.uniform(*SHADOW_EDGE)
    depth = 1 - rng.uniform(*SHADOW)
    across = (np.cos(angle) * x + np.sin(angle) * y - place) / edge
    return (1 + slope_x * x + slope_y * y) * (1 - depth * np.clip(0.5 + across, 0, 1))


def to_levels(values: np.ndarray) -> np.ndarray:
    """Return levels of grey as a picture has them, uint8, rounded and cut off."""
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _through_jpeg(picture: Image.Image) -> Image.Image:
    file = io.BytesIO()
    picture.save(file, format="JPEG", quality=JPEG_QUALITY)
    return Image.open(file)
