"""Learning to doubt (outlier exposure, Hendrycks et al. 2019, arXiv:1812.04606): ink of no class beside each batch.

A network that has never seen a scribble is sure of it all the same. So a share of outliers joins every batch, and the
network learns to hold all classes equally likely there. Some kinds are kept for measuring only: they show whether it
learnt doubt, or these drawings by heart.
"""

import math
from collections.abc import Sequence

import numpy as np
from torch import Tensor

from kakitori.charset import Charset
from training.compress.distillation import Loss
from training.data.prepared import TRAIN
from training.ink.out_of_distribution import draw, outlier_makers

WEIGHT = 0.5  # of the outliers' loss beside that of the classes; as in the paper
DRAWINGS = 1000  # of a kind of scribble or pair; the hand bends each anew
# Not learnt from: shapes like no other kind's, and kanji, whose old and rare forms are too near to those of classes.
HELD_OUT_KINDS = ("spiral", "rings", "hatching", "kanji, level 2")
# The seed of each other kind's templates. It belongs to its kind for good: with another one the drawings are others.
SEEDS = {
    "curve": 0, "tangle": 1, "zigzag": 2, "loops": 3, "dots": 4, "digits": 5, "Latin letters": 6, "hiragana": 7,
    "katakana": 8, "two side by side": 9, "two, one below the other": 10,
}  # fmt: skip


class OutlierSource:
    """Draws outliers to learn from; holds the templates, so one serves many batches.

    Raises:
        DataError: if KanjiVG is not installed.
    """

    def __init__(self, charset: Charset, share: float) -> None:
        self.share = share
        makers = {kind: make for kind, make in outlier_makers(charset).items() if kind not in HELD_OUT_KINDS}
        self._templates = [
            make(np.random.default_rng([TRAIN, SEEDS[kind]]), DRAWINGS) for kind, make in makers.items()
        ]

    def images(self, beside: int, size: int, seed: Sequence[int]) -> np.ndarray:
        """Return the outliers beside `beside` images, as (M, size, size) uint8; all kinds come equally often."""
        rng = np.random.default_rng(list(seed))
        counts = np.bincount(
            rng.integers(0, len(self._templates), round(self.share * beside)), minlength=len(self._templates)
        )
        return np.concatenate([
            draw(templates, rng.integers(0, len(templates.template_starts) - 1, count), size, rng)
            for templates, count in zip(self._templates, counts, strict=True)
        ])  # fmt: skip


def outlier_exposure_loss(labelled: Loss) -> Loss:
    """Return the loss of batches whose last images have no label: KL(uniform ‖ softmax) of those is added."""

    def loss(x: Tensor, logits: Tensor, labels: Tensor) -> Tensor:
        known = len(labels)
        of_classes = labelled(x[:known], logits[:known], labels)
        return of_classes + WEIGHT * uniform_loss(logits[known:]) if len(logits) > known else of_classes

    return loss


def uniform_loss(logits: Tensor) -> Tensor:
    """Return the mean of KL(uniform ‖ softmax) over logits (M, K): 0 where all classes are equally likely."""
    return -logits.float().log_softmax(1).mean() - math.log(logits.shape[1])
