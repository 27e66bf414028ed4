"""Batches of training images, drawn by worker processes; seed, epoch and position determine each one."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from kakitori.charset import Charset, jis_code
from training.data.prepared import TRAIN
from training.data.registry import Source

UNLABELLED = 1  # last entry of the seed of a batch's images without a label
VALIDATION_IMAGES = 1000  # minimum, of generated ink; each class has the same number
# How often a class is drawn in one pass, by the row of its JIS X 0208 code; a kanji is drawn once. These characters are
# more frequent and vary more.
MARKS_SHARE, LATIN_SHARE, KANA_SHARE = 2, 3, 3
SHARES = {"21": MARKS_SHARE, "23": LATIN_SHARE, "24": KANA_SHARE, "25": KANA_SHARE}


def to_input(images: Tensor) -> Tensor:
    """Return images (N, H, W) uint8 as network input (N, 1, H, W) float32 in [-1, 1]; paper is -1."""
    return images.unsqueeze(1).float().mul_(2 / 255).sub_(1)


def share(character: str) -> int:
    """Return how often a character is drawn in one pass."""
    return SHARES.get((jis_code(character) or "")[:2], 1)


def epoch_labels(charset: Charset, counts: np.ndarray, count: int, seed: int, epoch: int) -> np.ndarray:
    """Return `count` class indices (int64): passes over the classes, each in random order; the last may be cut short.

    Args:
        charset: the classes.
        counts: (K,) number of training images of each class; a class without images is left out.
        count: number of labels.
        seed: of the run.
        epoch: from 1.
    """
    weights = [max(map(share, charset.homoglyphs(index))) for index in range(len(charset))]
    one_pass = np.repeat(np.arange(len(charset)), np.where(counts > 0, weights, 0))
    rng = np.random.default_rng([TRAIN, seed, epoch])
    passes = [rng.permutation(one_pass) for _ in range(-(-count // len(one_pass)))]
    return np.concatenate(passes)[:count]


class Unlabelled(Protocol):
    """A source of images without a label, which are appended to a batch."""

    def images(self, beside: int, size: int, seed: Sequence[int]) -> np.ndarray:
        """Return the images for a batch of `beside` images with labels, (M, size, size) uint8."""


class BatchDataset(Dataset[tuple[Tensor, Tensor]]):
    """The batches of one epoch; item i is (images (N + M, H, H) uint8, labels (N,) int64).

    The last M images have no label.
    """

    def __init__(
        self, source: Source, labels: np.ndarray, batch_size: int, side: int, seed: tuple[int, ...],
        unlabelled: Unlabelled | None = None,
    ) -> None:  # fmt: skip
        self.source, self.side, self.seed, self.unlabelled = source, side, seed, unlabelled
        self.labels = [labels[i : i + batch_size] for i in range(0, len(labels) - batch_size + 1, batch_size)]

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        labels = self.labels[index]
        images = self.source.images(labels, self.side, (*self.seed, index))
        if self.unlabelled:
            others = self.unlabelled.images(len(labels), self.side, (*self.seed, index, UNLABELLED))
            images = np.concatenate([images, others])
        return torch.from_numpy(images), torch.from_numpy(labels)


def training_batches(
    source: Source, charset: Charset, count: int, batch_size: int, side: int, seed: int, epoch: int,
    rank: int = 0, processes: int = 1, workers: int = 0, unlabelled: Unlabelled | None = None,
) -> DataLoader[tuple[Tensor, Tensor]]:  # fmt: skip
    """Return one process's share of an epoch's batches, in order; all processes get the same number."""
    batches = BatchDataset(
        source, epoch_labels(charset, source.counts(TRAIN), count, seed, epoch), batch_size, side,
        (TRAIN, seed, epoch), unlabelled,
    )  # fmt: skip
    mine = range(rank, len(batches) - len(batches) % processes, processes)
    prefetch = 4 if workers else None
    # The loader draws a seed for its workers; from the global generator it would change what checkpoints store.
    own = torch.Generator().manual_seed(seed)
    return DataLoader(
        batches, batch_size=None, sampler=mine, num_workers=workers, prefetch_factor=prefetch, generator=own
    )
