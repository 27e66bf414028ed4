"""Batches of generated images, drawn by worker processes and fixed by seed, epoch and position alone."""

import os
from collections.abc import Sequence
from typing import Protocol

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from kakitori.charset import Charset, jis_code
from training.data.prepared import TRAIN
from training.data.registry import Source

UNLABELLED = 1  # last entry of the seed of a batch's images of no class
VALIDATION_IMAGES = 1000  # at least, of generated ink; otherwise one a class
# How often a class is drawn, by the row of its JIS X 0208 code, where a kanji is drawn once: these are written more
# often, and in more ways.
MARKS_SHARE, LATIN_SHARE, KANA_SHARE = 2, 3, 3
SHARES = {"21": MARKS_SHARE, "23": LATIN_SHARE, "24": KANA_SHARE, "25": KANA_SHARE}


def to_input(images: Tensor) -> Tensor:
    """Return (N, H, W) uint8 coverage as network input, (N, 1, H, W) float32 in [-1, 1], paper -1."""
    return images.unsqueeze(1).float().mul_(2 / 255).sub_(1)


def share(character: str) -> int:
    """Return how often a character is drawn for one kanji."""
    return SHARES.get((jis_code(character) or "")[:2], 1)


def epoch_labels(charset: Charset, counts: np.ndarray, count: int, seed: int, epoch: int) -> np.ndarray:
    """Return `count` class indices (int64) in random order, every class by its share but for whole passes.

    Args:
        charset: the classes.
        counts: (K,) training images of each class; a class without any does not come.
        count: how many.
        seed: of the run.
        epoch: from 1.
    """
    weights = [max(map(share, charset.homoglyphs(index))) for index in range(len(charset))]
    one_pass = np.repeat(np.arange(len(charset)), np.where(counts > 0, weights, 0))
    rng = np.random.default_rng([TRAIN, seed, epoch])
    passes = [rng.permutation(one_pass) for _ in range(-(-count // len(one_pass)))]
    return np.concatenate(passes)[:count]


class Unlabelled(Protocol):
    """Draws images of no class, that join a batch."""

    def images(self, beside: int, size: int, seed: Sequence[int]) -> np.ndarray:
        """Return those that join `beside` images with labels, (M, size, size) uint8."""


class BatchDataset(Dataset):
    """The batches of one epoch; item i is (images (N + M, H, H) uint8, labels (N,) int64), M of them unlabelled."""

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
) -> DataLoader:  # fmt: skip
    """Return one process's share of an epoch's batches, in order; every process gets equally many."""
    batches = BatchDataset(
        source, epoch_labels(charset, source.counts(TRAIN), count, seed, epoch), batch_size, side,
        (TRAIN, seed, epoch), unlabelled,
    )  # fmt: skip
    mine = range(rank, len(batches) - len(batches) % processes, processes)
    prefetch = 4 if workers else None
    # The loader draws a seed for its workers from this generator, not from the global one that checkpoints carry.
    own = torch.Generator().manual_seed(seed)
    return DataLoader(
        batches, batch_size=None, sampler=mine, num_workers=workers, prefetch_factor=prefetch, generator=own
    )


def default_workers() -> int:
    """Return how many processes to draw images with: half the processors, from 1 to 8."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(8, processors // 2))
