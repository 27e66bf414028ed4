"""Images for calibration and for checks, from the data set that a model was trained on but not used in training."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from export.errors import ExportError
from kakitori.errors import KakitoriError
from kakitori.ink import to_tensor
from kakitori.spec import GENERATED, INK_CHARSETS, ModelSpec
from training.data.prepared import TEST, TRAIN

# Images of labels (N,) at a side in pixels, from a seed: (N, size, size) uint8 coverage, 0 paper, 255 ink.
ImageMaker = Callable[[np.ndarray, int, Sequence[int]], np.ndarray]

# Seeds are sequences that begin with a value of this package, so that no stream equals one of training.
SEED = int.from_bytes(b"export")
CALIBRATION_SEED = (SEED, 1)
EVALUATION_SEED = (SEED, 2)
CALIBRATION_IMAGES = 500  # 1,000 are no better: docs/measurements.md#static-int8
EVALUATION_PER_CLASS = 3  # of large charsets; see EVALUATION_MINIMUM
# Small charsets (--class-limit) get more images of each class, so that chance alone does not reach the limit of a drop:
# docs/measurements.md#limits-of-the-checks.
EVALUATION_MINIMUM = 6_000
PARITY_IMAGES = 64  # for logits; accuracy is compared on all evaluation images


@dataclass(frozen=True)
class LabelledImages:
    """Network input (N, 1, H, W) float32 in [-1, 1] and class indices (N,) int64."""

    images: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)


class Samples(Protocol):
    """The images that calibrate and check the files of a model."""

    @property
    def name(self) -> str:
        """The name of the evaluation set."""

    def calibration(self) -> LabelledImages:
        """Return CALIBRATION_IMAGES images or a few more, evenly distributed over the classes."""

    def evaluation(self) -> LabelledImages:
        """Return images not used in training, of every class that has some."""

    def varied(self, count: int, seed: Sequence[int]) -> np.ndarray:
        """Return `count` images of evenly spaced classes, (count, 1, H, W) float32."""


@dataclass(frozen=True)
class DrawnSamples:
    """Images drawn on demand: seeded, the same number of each class."""

    spec: ModelSpec
    make_images: ImageMaker
    name: str = GENERATED

    def calibration(self) -> LabelledImages:
        count = min(CALIBRATION_IMAGES, self.spec.num_classes)
        rounds = -(-CALIBRATION_IMAGES // count)
        return self._draw(np.tile(spaced(self.spec.num_classes, count), rounds), CALIBRATION_SEED)

    def evaluation(self) -> LabelledImages:
        rounds = max(EVALUATION_PER_CLASS, -(-EVALUATION_MINIMUM // self.spec.num_classes))
        return self._draw(np.tile(np.arange(self.spec.num_classes, dtype=np.int64), rounds), EVALUATION_SEED)

    def varied(self, count: int, seed: Sequence[int]) -> np.ndarray:
        return self._draw(spaced(self.spec.num_classes, count), seed).images

    def _draw(self, labels: np.ndarray, seed: Sequence[int]) -> LabelledImages:
        return LabelledImages(to_tensor(self.make_images(labels, self.spec.size, seed) / np.float32(255)), labels)


@dataclass(frozen=True)
class StoredSamples:
    """Images of prepared sets: training images for calibration, each test image once for checks."""

    spec: ModelSpec
    source: Any  # training.data.registry.Source
    name: str

    def calibration(self) -> LabelledImages:
        known = np.flatnonzero(self.source.counts(TRAIN))
        count = min(CALIBRATION_IMAGES, len(known))
        labels = np.tile(known[spaced(len(known), count)], -(-CALIBRATION_IMAGES // count))
        images = self.source.images(labels, self.spec.size, (TRAIN, *CALIBRATION_SEED))
        return LabelledImages(to_tensor(images / np.float32(255)), labels)

    def evaluation(self) -> LabelledImages:
        images, labels = self.source.held_out(TEST, self.spec.size, EVALUATION_MINIMUM)
        if not len(labels):
            raise ExportError(f"The data set {self.name!r} has no test image to check files on: add images to it.")
        return LabelledImages(to_tensor(images / np.float32(255)), labels)

    def varied(self, count: int, seed: Sequence[int]) -> np.ndarray:
        evaluation = self.evaluation()
        by_class = np.argsort(evaluation.labels, kind="stable")
        return evaluation.images[by_class[spaced(len(by_class), count)]]


def spaced(length: int, count: int) -> np.ndarray:
    """Return `count` evenly spaced numbers (count,) int64 from 0 to below `length`."""
    return np.arange(count, dtype=np.int64) * length // count


def open_samples(spec: ModelSpec) -> Samples:
    """Return the samples of the data set that a model was trained on; generated ink where the config names none.

    For a mixture with generated ink, it is the ink alone: it has every class and needs no files.

    Raises:
        ExportError: if the data set is not on this machine.
    """
    from training.data.registry import open_source, part_names  # not needed with images of the caller's own

    name = spec.training.get("dataset", GENERATED)
    try:
        ink = next((part for part in part_names(name) if part in INK_CHARSETS), None)
        mix = None if ink else spec.training.get("mix")
        source = open_source(ink or name, spec.size, spec.get_charset(), mix)
    except KakitoriError as problem:
        message = f"The model was trained on {name!r}, and its files are checked on that: {problem}"
        raise ExportError(message) from problem
    return DrawnSamples(spec, source.images) if ink else StoredSamples(spec, source, name)


def parity_images(evaluation: LabelledImages) -> np.ndarray:
    """Return up to PARITY_IMAGES of the evaluation images, evenly spaced, (n, 1, H, W) float32."""
    count = min(PARITY_IMAGES, len(evaluation))
    return evaluation.images[np.arange(count) * len(evaluation) // count]
