"""Generated ink for calibration and for checks: seeded, balanced over classes, apart from what training draws."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from training.charset import Charset
from training.ink import to_tensor
from training.spec import ModelSpec

# Images of labels (N,) at a side in pixels, from a seed: (N, size, size) uint8 coverage, 0 paper, 255 ink.
ImageMaker = Callable[[np.ndarray, int, Sequence[int]], np.ndarray]

EVALUATION_SET = "ink"  # the dataset's name, as in `--dataset`
# Seeds are sequences that begin with this room's own word, so that no stream is one that training draws.
SEED = int.from_bytes(b"export")
CALIBRATION_SEED = (SEED, 1)
EVALUATION_SEED = (SEED, 2)
CALIBRATION_IMAGES = 500
EVALUATION_PER_CLASS = 3
# Small charsets (--class-limit) get more of each class: on 2,000 images chance alone moves a drop by 0.2 points, where
# the limit is 0.3.
EVALUATION_MINIMUM = 6_000
PARITY_IMAGES = 64


@dataclass(frozen=True)
class LabelledImages:
    """Network input (N, 1, H, W) float32 in [-1, 1] and class indices (N,) int64."""

    images: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)


def calibration_samples(spec: ModelSpec, make_images: ImageMaker) -> LabelledImages:
    """Return CALIBRATION_IMAGES images or a few more, the same number of each of evenly spaced classes."""
    count = min(CALIBRATION_IMAGES, spec.num_classes)
    labels = np.tile(np.arange(count, dtype=np.int64) * spec.num_classes // count, -(-CALIBRATION_IMAGES // count))
    return _draw(labels, spec, make_images, CALIBRATION_SEED)


def evaluation_samples(spec: ModelSpec, make_images: ImageMaker) -> LabelledImages:
    """Return the same number of images of every class, at least EVALUATION_PER_CLASS, class by class in rounds."""
    rounds = max(EVALUATION_PER_CLASS, -(-EVALUATION_MINIMUM // spec.num_classes))
    labels = np.tile(np.arange(spec.num_classes, dtype=np.int64), rounds)
    return _draw(labels, spec, make_images, EVALUATION_SEED)


def parity_images(evaluation: LabelledImages) -> np.ndarray:
    """Return up to PARITY_IMAGES of the evaluation images, evenly spaced, (n, 1, H, W) float32."""
    count = min(PARITY_IMAGES, len(evaluation))
    return evaluation.images[np.arange(count) * len(evaluation) // count]


def _draw(labels: np.ndarray, spec: ModelSpec, make_images: ImageMaker, seed: Sequence[int]) -> LabelledImages:
    return LabelledImages(to_tensor(make_images(labels, spec.size, seed) / np.float32(255)), labels)


def ink_maker(charset: Charset) -> ImageMaker:
    """Return the maker of generated ink for a charset; loads the stroke templates."""
    from training.data.ink import InkSource  # not needed by callers who bring their own images

    return InkSource(charset).images
