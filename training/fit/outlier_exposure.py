"""Outlier exposure (Hendrycks et al. 2019, arXiv:1812.04606): train on out-of-distribution drawings beside each batch.

A network that is trained on characters alone gives scribbles high probabilities. So a share of outliers is appended to
each batch, whose loss is lowest where all classes are equally likely. Some kinds of outliers are never trained on and
only measured, to test whether rejection generalises to other drawings.
"""

import math
from collections.abc import Sequence

import numpy as np
from torch import Tensor

from kakitori.charset import Charset
from training.compress.distillation import Loss
from training.data.prepared import TRAIN
from training.ink.out_of_distribution import draw, outlier_makers

WEIGHT = 0.5  # of the outliers' loss, added to the loss of the labelled images; as in the paper
DRAWINGS = 1000  # templates per kind; handwriting variation is applied to each at every use
# Kinds that are only measured: shapes unlike any other kind's, and kanji, whose rare forms are too close to classes.
HELD_OUT_KINDS = ("spiral", "rings", "hatching", "kanji, level 2")
# The seed of each other kind's templates: another seed changes the drawings.
SEEDS = {
    "curve": 0, "tangle": 1, "zigzag": 2, "loops": 3, "dots": 4, "digits": 5, "Latin letters": 6, "hiragana": 7,
    "katakana": 8, "two side by side": 9, "two, one below the other": 10,
}  # fmt: skip


class OutlierSource:
    """Draws outliers for batches; holds the templates.

    Raises:
        DataError: if KanjiVG is not installed.
    """

    def __init__(self, charset: Charset, share: float) -> None:
        self.share = share
        makers = {kind: make for kind, make in outlier_makers(charset).items() if kind not in HELD_OUT_KINDS}
        self._templates = [make(np.random.default_rng([TRAIN, SEEDS[kind]]), DRAWINGS) for kind, make in makers.items()]

    def images(self, beside: int, size: int, seed: Sequence[int]) -> np.ndarray:
        """Return the outliers for `beside` images, (M, size, size) uint8; all kinds are equally frequent."""
        rng = np.random.default_rng(list(seed))
        counts = np.bincount(
            rng.integers(0, len(self._templates), round(self.share * beside)), minlength=len(self._templates)
        )
        return np.concatenate([
            draw(templates, rng.integers(0, len(templates.template_starts) - 1, count), size, rng)
            for templates, count in zip(self._templates, counts, strict=True)
        ])  # fmt: skip


def outlier_exposure_loss(labelled: Loss) -> Loss:
    """Return the loss of batches whose last images are outliers: adds WEIGHT · KL(uniform ‖ softmax) of those."""

    def loss(x: Tensor, logits: Tensor, labels: Tensor) -> Tensor:
        known = len(labels)
        of_classes = labelled(x[:known], logits[:known], labels)
        return of_classes + WEIGHT * uniform_loss(logits[known:]) if len(logits) > known else of_classes

    return loss


def uniform_loss(logits: Tensor) -> Tensor:
    """Return KL(uniform ‖ softmax) averaged over logits (M, K): 0 where all classes are equally likely."""
    return -logits.float().log_softmax(1).mean() - math.log(logits.shape[1])
