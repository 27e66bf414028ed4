"""Fixed seeds draw fixed images: a change of the code that should leave the images alone is checked here.

`DIGESTS` holds for machines of the processor type that it was recorded on. Others may round the last bit of a float
otherwise, so there the first images of each batch are compared with `pinned_images.npz` instead.

After an intended change of the images, set `DIGESTS` to what the failing test shows, delete `pinned_images.npz` and run
the tests again: a missing file is written (and the test fails once).
"""

import hashlib
import platform
from pathlib import Path

import numpy as np
import pytest

from kakitori.charset import get_charset
from training.data.distortion import distort_batch
from training.data.fonts.glyph_variation import vary_batch
from training.data.prepared import TEST, TRAIN
from training.ink.amounts import EFFECTS
from training.ink.out_of_distribution import outliers
from training.ink.source import InkSource

STORED = Path(__file__).with_name("pinned_images.npz")
STORED_IMAGES = 8  # of each batch
MAX_MEAN_DIFFERENCE = 1.0  # grey levels of 255; a changed amount moves whole strokes and gives 5 to 40
RECORDED_ON = "x86_64"
IMAGES = 300
# First 16 hex digits of the SHA-256 of each batch.
DIGESTS = {
    "ink, 32 px": "19a2e25e9573c08e",
    "ink, 48 px": "21c7146afb9403e6",
    "ink, 64 px": "e2e04fd6d8f1cead",
    "ink without proportions": "9093e1646ea6fccc",
    "ink without strokes": "5b12512bbdda976a",
    "ink without ends": "4588611634d43b80",
    "ink without hooks": "bb0e0ec521ba4657",
    "ink without angles": "ea7e57a214462dc3",
    "ink without rounding": "0dbc21028e77796b",
    "ink without tremor": "3fc15e1f1fd1c4c9",
    "ink without forgetting": "e04a65c8b79da2aa",
    "ink without joins": "a9ae6fe6dab71df9",
    "ink without bending": "be1f20b5972cfc2b",
    "ink without slant": "8e76c4460bb0d732",
    "ink without pens": "67df3b72edce3ccd",
    "ink without camera": "7d7580a5eebb3fa6",
    "held-out ink, 64 px": "845fad4b69b4e1b7",
    "outliers, curve": "5f4779014f12955e",
    "outliers, tangle": "510fa61be3deeca4",
    "outliers, zigzag": "ecf4cb3774c4462c",
    "outliers, spiral": "3628a7dcb0a9daf7",
    "outliers, loops": "531cbe8049bfaa5c",
    "outliers, rings": "4543a275a9af3b3d",
    "outliers, hatching": "11cadc8ed647f458",
    "outliers, dots": "604666858ab5f18c",
    "outliers, digits": "b60c8d75d01a0272",
    "outliers, Latin letters": "94c28d615ef25ede",
    "outliers, katakana": "5f4a85616d72a076",
    "outliers, kanji, level 2": "5cf351f9ca7a3def",
    "outliers, two side by side": "d5aa43e78e12461d",
    "outliers, two, one below the other": "0c5b626153215e3b",
    "varied glyphs, 32 px": "6b10915ba4230440",
    "varied glyphs, 48 px": "59c4af5fa3ba50cb",
    "varied glyphs, 64 px": "c70b07b3f1abf032",
    "distorted, 32 px": "75f4d2dcc38cc78a",
    "distorted, 64 px": "d453b85d5ce816f9",
    "resampled, 32 px": "5598253f25b8499a",
}


def varied(glyphs, size):
    images = np.zeros((len(glyphs), size, size), np.uint8)
    vary_batch(glyphs, images, np.random.default_rng([TRAIN, size]))
    return images


def distorted(glyphs, size, is_distorted):
    images = np.zeros((len(glyphs), size, size), np.uint8)
    distort_batch(glyphs, images, np.random.default_rng([TRAIN, size]), is_distorted)
    return images


@pytest.fixture(scope="module")
def batches(nearly_all) -> dict[str, np.ndarray]:
    """Each batch of images by name: (N, H, H) uint8."""
    source = InkSource(get_charset("etl9g", 100))
    labels = np.arange(IMAGES) % 100
    ink = {f"ink, {size} px": source.images(labels, size, [TRAIN, size]) for size in (32, 48, 64)}
    reduced = {f"ink without {name}": InkSource(source.charset, [name]).images(labels[:100], 32, [TRAIN, 2])
               for name in EFFECTS}  # fmt: skip
    held_out = {"held-out ink, 64 px": source.held_out(TEST, 64, IMAGES)[0]}
    out_of_distribution = {f"outliers, {kind}": images for kind, images in outliers(nearly_all, 64, TEST)}
    glyphs = InkSource(source.charset, ["camera"]).images(labels, 64, [TEST, 1])
    glyph_variation = {f"varied glyphs, {size} px": varied(glyphs, size) for size in (32, 48, 64)}
    distortion = {f"distorted, {size} px": distorted(glyphs, size, True) for size in (32, 64)}
    resampling = {"resampled, 32 px": distorted(glyphs, 32, False)}
    return ink | reduced | held_out | out_of_distribution | glyph_variation | distortion | resampling


@pytest.mark.skipif(platform.machine() != RECORDED_ON, reason=f"digests were recorded on {RECORDED_ON}")
def test_fixed_seeds_draw_the_recorded_images(batches):
    assert {name: digest(images) for name, images in batches.items()} == DIGESTS


def test_fixed_seeds_draw_nearly_the_recorded_images_on_any_machine(batches):
    if not STORED.exists():
        np.savez_compressed(STORED, **{name: images[:STORED_IMAGES] for name, images in batches.items()})
        pytest.fail(f"{STORED.name} was missing and is written now: commit it.")
    with np.load(STORED) as stored:
        assert set(stored.files) == set(batches)
        for name in stored.files:
            difference = batches[name][:STORED_IMAGES].astype(float) - stored[name]
            assert np.abs(difference).mean() < MAX_MEAN_DIFFERENCE, name


def digest(images):
    return hashlib.sha256(np.ascontiguousarray(images)).hexdigest()[:16]
