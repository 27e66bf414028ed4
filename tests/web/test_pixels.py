"""Python and JavaScript give the same pixels of the same strokes and pictures."""

import base64
import json
from functools import cache

import numpy as np
import pytest

from kakitori.errors import DataError
from kakitori.illumination import correct_illumination
from kakitori.ink import to_tensor
from kakitori.picture import MIN_CONTRAST, WHITE, rasterise_image, to_grey
from training.ink.rasteriser import rasterise

SCRIPT = "tests/web/pixels.mjs"
# The contract is 1/255. Both sides do the same float64 arithmetic; float32 rounding and the order of a sum remain.
TOLERANCE = 1e-6
MARGIN, RADIUS = 0.07, 1.3
RANDOM_DRAWINGS = {32: 40, 64: 240, 128: 20}  # by size; most at the one that is shipped
DEGENERATE = {
    "one point": [[[3.0, 4.0]]],
    "two equal points": [[[3.0, 4.0], [3.0, 4.0]]],
    "points apart by a denormal number": [[[0.0, 0.0], [1e-320, 0.0]]],
    "horizontal line": [[[0.0, 5.0], [10.0, 5.0]]],
    "vertical line": [[[5.0, -7.0], [5.0, 9.0]]],
    "huge coordinates": [[[1e14, -3e14], [2e14, 5e14], [-4e14, 1e14]]],
    "tiny drawing far away": [[[1e6, 1e6], [1e6 + 1e-3, 1e6 + 2e-3]]],
    "outside of any pad": [[[-500.0, -20.0], [1500.0, 3000.0]], [[7.0, 7.0]]],
    "whole numbers": [[[0, 0], [64, 64]], [[64, 0], [0, 64]]],
    "dot beside a line": [[[0.0, 0.0], [0.0, 100.0]], [[30.0, 50.0]]],
}


def random_drawings(count: int) -> list:
    generator = np.random.default_rng(20261121)
    return [
        [
            (generator.normal(0, 10 ** generator.uniform(-3, 5), (generator.integers(1, 20), 2))).tolist()
            for _ in range(generator.integers(1, 25))
        ]
        for _ in range(count)
    ]


def noisy_page(generator, height: int, width: int, light_on_dark: bool) -> np.ndarray:
    """Return a picture with a thick bent line, noise, uneven light, and some transparency."""
    rows, columns = np.mgrid[:height, :width]
    ink = np.abs(rows / height - 0.5 - 0.3 * np.sin(5 * columns / width + generator.uniform(0, 6))) < 0.08
    grey = np.where(ink, 40, 215) + 25 * columns / width + generator.normal(0, 6, (height, width))
    grey = 255 - grey if light_on_dark else grey
    rgb = grey[..., None] + generator.normal(0, 4, (height, width, 3))
    alpha = np.where(generator.random((height, width)) < 0.05, generator.integers(0, 256, (height, width)), 255)
    return np.clip(np.dstack([rgb, alpha]), 0, 255).astype(np.uint8)


def shadowed_page(page: np.ndarray, light_on_dark: bool) -> np.ndarray:
    """Return a page with a shadow over its lower right corner, deep enough to be corrected for either polarity."""
    height, width = page.shape[:2]
    rows, columns = np.mgrid[:height, :width]
    share = 1 - 0.35 * np.clip((rows / height + columns / width - 0.9) * 8, 0, 1)
    grey = page[..., :3].astype(float) + (50 if light_on_dark else 0)
    return np.dstack([np.clip(grey * share[..., None], 0, 255), page[..., 3]]).astype(np.uint8)


def framed_page(page: np.ndarray) -> np.ndarray:
    """Return a page with ruled lines along two sides and a corner, and speckle."""
    framed, ink = page.copy(), page[page.shape[0] // 2, page.shape[1] // 2, :3]
    framed[:, 1:3, :3] = framed[-2:, :, :3] = framed[:9, -1:, :3] = framed[5, 9::50, :3] = ink
    return framed


@cache
def pictures() -> dict[str, np.ndarray]:
    generator = np.random.default_rng(7)
    sides = [(2, 2), (2, 300), (300, 2), (31, 17), (63, 64), (64, 64), (65, 200), (128, 127), (400, 300), (1000, 750)]
    pages = {
        f"{height}x{width} {'dark' if dark else 'light'}": noisy_page(generator, height, width, dark)
        for height, width in sides
        for dark in (False, True)
    }
    pages |= {f"shadow on {name}": shadowed_page(page, "dark" in name) for name, page in pages.items()}
    pages |= {f"lines on {name}": framed_page(pages[name]) for name in pages if "64x64" in name or "400" in name}
    white = np.full((40, 50, 4), 255, np.uint8)
    dot = white.copy()
    dot[20, 25, :3] = 0
    see_through = np.zeros((40, 50, 4), np.uint8)
    see_through[10:30, 12:20, 3] = 255
    faint = white.copy()
    faint[5:9, 5:40, :3] = 246
    return pages | {"blank": white, "one pixel": dot, "transparent paper": see_through, "too faint": faint}


def python_picture(image: np.ndarray) -> np.ndarray | None:
    try:
        return rasterise_image(image, 64, MARGIN)
    except DataError:
        return None


@pytest.fixture(scope="module")
def library(run_node):
    """Return a function from drawings and pictures to the library's pixels at a size."""

    def ask(size: int, drawings: list, images: list[np.ndarray]) -> dict[str, list]:
        request = {
            "size": size,
            "margin": MARGIN,
            "radius": RADIUS,
            "strokes": drawings,
            "images": [
                {
                    "width": image.shape[1],
                    "height": image.shape[0],
                    "base64": base64.b64encode(image.tobytes()).decode(),
                }
                for image in images
            ],
        }
        answer = json.loads(run_node(SCRIPT, stdin=json.dumps(request)))
        return {
            kind: [
                None if text is None else np.frombuffer(base64.b64decode(text), np.float32).reshape(size, size)
                for text in texts
            ]
            for kind, texts in answer.items()
        }

    return ask


@pytest.mark.parametrize("size", RANDOM_DRAWINGS)
def test_python_and_javascript_draw_the_same_ink(library, size):
    drawings = [*DEGENERATE.values(), *random_drawings(RANDOM_DRAWINGS[size])]
    answer = library(size, drawings, [])
    expected = [rasterise(drawing, size, MARGIN, RADIUS) for drawing in drawings]
    for drawing, ours, theirs in zip(drawings, expected, answer["strokes"], strict=True):
        assert np.abs(ours - theirs).max() <= TOLERANCE, drawing
    for ours, theirs in zip(expected, answer["tensors"], strict=True):
        assert np.abs(to_tensor(ours)[0] - theirs).max() <= 2 * TOLERANCE


@pytest.mark.parametrize("name", DEGENERATE)
def test_degenerate_ink_gives_ink(name):
    coverage = rasterise(DEGENERATE[name], 64, MARGIN, RADIUS)
    assert coverage.max() > 0.9
    assert np.isfinite(coverage).all()


def test_some_of_the_compared_pictures_have_shadows_that_are_corrected():
    shadowed = {name: to_grey(image) for name, image in pictures().items() if "shadow" in name}
    evened = {name for name, grey in shadowed.items() if correct_illumination(grey, WHITE, MIN_CONTRAST) is not grey}
    assert {f"shadow on 400x300 {kind}" for kind in ("dark", "light")} <= evened, sorted(evened)
    assert len(evened) >= 8


def test_python_and_javascript_give_the_same_pixels_of_pictures(library):
    images = pictures()
    answer = library(64, [], list(images.values()))
    assert len(images) >= 20
    for (name, image), theirs in zip(images.items(), answer["images"], strict=True):
        ours = python_picture(image)
        assert (ours is None) == (theirs is None), name
        if ours is not None:
            assert np.abs(ours - theirs).max() <= TOLERANCE, name


@pytest.mark.parametrize(
    ("name", "shows_ink"), [("blank", False), ("too faint", False), ("one pixel", True), ("transparent paper", True)]
)
def test_pictures_with_and_without_ink_are_distinguished(name, shows_ink):
    assert (python_picture(pictures()[name]) is not None) == shows_ink


def test_polarity_does_not_matter():
    light = pictures()["one pixel"]
    dark = np.dstack([255 - light[..., :3], light[..., 3]])
    assert np.abs(python_picture(light) - python_picture(dark)).max() <= TOLERANCE
