"""Simulated photographs of drawings for evaluation: tinted paper, uneven light, a shadow, blur, noise, JPEG.

Independent of the camera of training images (`training.ink.camera`, which works at the network's image size): this one
makes a picture of SIDE pixels that then goes through `kakitori.picture` as a user's photograph does.
"""

import io

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageFilter

from kakitori.strokes import Strokes, pack
from training.ink.rasteriser import cover, fit

SIDE = 256  # pixels
MARGIN = (0.1, 0.2)  # share of the side on each side of the ink
PEN = (0.008, 0.016)  # radius, share of the side: a ballpoint to a felt pen on a character of 2 cm
PAPER = (225, 245)  # level of each colour channel, drawn separately: white to yellowish
INK = (20, 90)  # level: black or blue pens, soft pencils
GRADIENT = 0.12  # largest relative change of the light across the picture
SHADOW, SHADOW_EDGE = (0.7, 0.95), (0.03, 0.2)  # light that remains in the shadow; width of its edge, share of the side
BLUR = (0.6, 1.8)  # pixels, standard deviation
NOISE = (2.0, 8.0)  # levels, standard deviation
JPEG_QUALITY = 40  # Pillow's quality, 0 to 95


def take_photo(strokes: Strokes, rng: Generator) -> np.ndarray:
    """Return a simulated photograph of strokes on paper, (SIDE, SIDE, 4) uint8, opaque.

    Raises:
        DataError: as `kakitori.strokes.pack`.
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
    """Return each pixel's relative illumination, (SIDE, SIDE) float64: a linear gradient and a soft-edged shadow."""
    y, x = np.mgrid[0:SIDE, 0:SIDE] / SIDE - 0.5
    slope_x, slope_y = rng.uniform(-GRADIENT, GRADIENT, 2)
    angle, place, edge = rng.uniform(0, 2 * np.pi), rng.uniform(-0.3, 0.3), rng.uniform(*SHADOW_EDGE)
    depth = 1 - rng.uniform(*SHADOW)
    across = (np.cos(angle) * x + np.sin(angle) * y - place) / edge
    return (1 + slope_x * x + slope_y * y) * (1 - depth * np.clip(0.5 + across, 0, 1))


def to_levels(values: np.ndarray) -> np.ndarray:
    """Return grey levels rounded and clipped to uint8."""
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _through_jpeg(picture: Image.Image) -> Image.Image:
    file = io.BytesIO()
    picture.save(file, format="JPEG", quality=JPEG_QUALITY)
    return Image.open(file)
