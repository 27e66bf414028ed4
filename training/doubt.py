"""Learning to doubt (outlier exposure, Hendrycks et al. 2019, arXiv:1812.04606): ink of no class beside each batch.

A network that has never seen a scribble is sure of it all the same. So a share of impostors joins every batch, and the
network learns to hold all classes equally likely there. Some kinds are kept for measuring only: they show whether it
learnt doubt, or these drawings by heart.
"""

import math
from collections.abc import Sequence

import numpy as np
from torch import Tensor

from training.batches import TRAIN_STREAM
from training.charset import Charset
from training.distil import Loss
from training.impostors import draw, impostor_makers

WEIGHT = 0.5  # of the impostors' loss beside that of the classes; as in the paper
DRAWINGS = 1000  # of a kind of scribble or pair; the hand bends each anew
# Not learnt from: shapes like no other kind's, and kanji, whose old and rare forms are too near to those of classes.
KEPT_FOR_MEASURING = ("spiral", "rings", "hatching", "kanji, level 2")


class Impostors:
    """Draws impostors to learn from; holds the templates, so one serves many batches.

    Raises:
        DataError: if KanjiVG is not installed.
    """

    def __init__(self, charset: Charset, share: float) -> None:
        self.share = share
        makers = {kind: make for kind, make in impostor_makers(charset).items() if kind not in KEPT_FOR_MEASURING}
        self._templates = [
            make(np.random.default_rng([TRAIN_STREAM, number]), DRAWINGS) for number, make in enumerate(makers.values())
        ]

    def images(self, beside: int, size: int, seed: Sequence[int]) -> np.ndarray:
        """Return the impostors beside `beside` images, as (M, size, size) uint8; all kinds come equally often."""
        rng = np.random.default_rng(list(seed))
        counts = np.bincount(
            rng.integers(0, len(self._templates), round(self.share * beside)), minlength=len(self._templates)
        )
        return np.concatenate([
            draw(templates, rng.integers(0, len(templates.template_starts) - 1, count), size, rng)
            for templates, count in zip(self._templates, counts, strict=True)
        ])  # fmt: skip


def doubting_loss(labelled: Loss) -> Loss:
    """Return the loss of batches whose last images have no label: KL(uniform ‖ softmax) of those is added."""

    def loss(x: Tensor, logits: Tensor, labels: Tensor) -> Tensor:
        known = len(labels)
        of_classes = labelled(x[:known], logits[:known], labels)
        return of_classes + WEIGHT * doubt_loss(logits[known:]) if len(logits) > known else of_classes

    return loss


def doubt_loss(logits: Tensor) -> Tensor:
    """Return the mean of KL(uniform ‖ softmax) over logits (M, K): 0 where all classes are equally likely."""
    return -logits.float().log_softmax(1).mean() - math.log(logits.shape[1])
