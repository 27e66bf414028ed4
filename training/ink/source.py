"""Generated ink as a source of images: characters of a charset, drawn anew for each batch from KanjiVG's strokes."""

from collections.abc import Collection, Sequence

import numpy as np

from kakitori.charset import Charset
from kakitori.errors import check_choice
from kakitori.spec import ModelSpec
from training.ink.amounts import EFFECTS, Effects
from training.ink.drawing import draw_batch
from training.ink.kanjivg import load_templates

IMAGES_PER_CLASS = 20  # of an epoch


class InkSource:
    """Draws characters of a charset. Holds the stroke templates, so that one source serves many batches."""

    def __init__(self, charset: Charset, without: Collection[str] = ()) -> None:
        """Load the templates of a charset.

        Args:
            without: effects (`training.ink.amounts.EFFECTS`) that training images are drawn without, to measure the
                accuracy that each of them gains (`training.fit.ablation`). Held-out images are drawn with all effects.

        Raises:
            KakitoriError: if an effect is unknown.
            DataError: as `training.ink.kanjivg.load_templates`.
        """
        self.charset = charset
        self.images_per_epoch = IMAGES_PER_CLASS * len(charset)
        self._templates = vars(load_templates(charset))
        self._effects = Effects(**{check_choice("effect of the ink", name, EFFECTS): 0.0 for name in without})

    def __len__(self) -> int:
        """Return the number of templates, over all characters."""
        return len(self._templates["stroke_starts"]) - 1

    def counts(self, stream: int) -> np.ndarray:
        """Return the number of different images of each class, (K,) float64: infinite."""
        return np.full(len(self.charset), np.inf)

    def held_out(self, stream: int, size: int, at_least: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the images (N, size, size) uint8 and labels (N,) int64 of a split: fixed, every class equally often.

        Args:
            stream: the split, see `training.data.prepared`.
            at_least: N is the smallest multiple of the number of classes that is not below it.
        """
        labels = np.tile(np.arange(len(self.charset)), max(1, -(-at_least // len(self.charset))))
        return self._draw(labels, size, (stream, 0), Effects()), labels

    def pen_radius(self, size: int) -> float:
        """Return half the width of the pen that users' strokes are drawn with, in pixels of an image of `size`."""
        return ModelSpec.radius * size / ModelSpec.size

    def images(self, labels: np.ndarray, size: int, seed: Sequence[int]) -> np.ndarray:
        """Return one image of each class in `labels` (N,), as (N, size, size) uint8 coverage, 0 paper, 255 ink.

        The same labels, size and seed give the same images on every machine of the same processor type.
        """
        return self._draw(labels, size, seed, self._effects)

    def _draw(self, labels: np.ndarray, size: int, seed: Sequence[int], effects: Effects) -> np.ndarray:
        images = np.zeros((len(labels), size, size), dtype=np.uint8)
        rng = np.random.default_rng(list(seed))
        draw_batch(images, np.asarray(labels, np.int64), **self._templates, effects=effects, rng=rng)
        return images
