"""Generated ink: images of a charset's characters as hands might write them, made from KanjiVG's strokes on the fly."""

from collections.abc import Collection, Sequence

import numpy as np

from kakitori.charset import Charset
from kakitori.errors import check_choice
from kakitori.spec import ModelSpec
from training.ink.camera import draw_batch
from training.ink.hand import EFFECTS
from training.ink.kanjivg import load_templates

IMAGES_PER_CLASS = 20  # of an epoch
PHOTOGRAPHED = 0.45  # share of images that look photographed or scanned; the rest are a clean pen's


class InkSource:
    """Draws characters of a charset; holds the stroke templates, so one source serves many batches.

    `without` names effects of the hand (`training.ink.hand.EFFECTS`) that images to train on do not show: what each is
    worth is measured so (`training.fit.ablation`). Images held out show them all.
    """

    def __init__(self, charset: Charset, without: Collection[str] = ()) -> None:
        self.charset = charset
        self.images_per_epoch = IMAGES_PER_CLASS * len(charset)
        self._templates = vars(load_templates(charset))
        left_out = [EFFECTS.index(check_choice("effect of the hand", name, EFFECTS)) for name in without]
        self._effects = np.ones(len(EFFECTS))
        self._effects[left_out] = 0

    def __len__(self) -> int:
        """Return how many written forms there are, over all characters."""
        return len(self._templates["stroke_starts"]) - 1

    def counts(self, stream: int) -> np.ndarray:
        """Return how many different images (K,) of each class there are: no end of them."""
        return np.full(len(self.charset), np.inf)

    def held_out(self, stream: int, size: int, at_least: int) -> tuple[np.ndarray, np.ndarray]:
        """Return images (N, size, size) uint8 and labels (N,) that never change: every class equally often."""
        labels = np.tile(np.arange(len(self.charset)), max(1, -(-at_least // len(self.charset))))
        return self._draw(labels, size, (stream, 0), PHOTOGRAPHED, np.ones(len(EFFECTS))), labels

    def pen_radius(self, size: int) -> float:
        """Return half the width in pixels of the pen that strokes of a user's are drawn with."""
        return ModelSpec.radius * size / ModelSpec.size

    def images(
        self, labels: np.ndarray, size: int, seed: Sequence[int], photographed: float = PHOTOGRAPHED
    ) -> np.ndarray:
        """Return one image of each class in `labels` (N,), as (N, size, size) uint8 coverage, 0 paper, 255 ink.

        The same labels, size and seed give the same images on every machine of the same processor type.
        """
        return self._draw(labels, size, seed, photographed, self._effects)

    def _draw(
        self, labels: np.ndarray, size: int, seed: Sequence[int], photographed: float, effects: np.ndarray
    ) -> np.ndarray:
        images = np.zeros((len(labels), size, size), dtype=np.uint8)
        draw_batch(
            images, np.asarray(labels, np.int64), **self._templates, effects=effects, photographed=photographed,
            rng=np.random.default_rng(list(seed)),
        )  # fmt: skip
        return images
