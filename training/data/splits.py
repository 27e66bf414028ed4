"""Divide images into training, validation and test images, 80/10/10, with a seed.

writers         all images of a writer, or of a group of writers, are in one split, in each database; images without
                a writer are for training
random-leaking  the images of each class at random, as in earlier publications: writers are in all three splits, so
                the measured accuracy is too high. For comparison only
"""

from collections.abc import Callable

import numpy as np

from kakitori.errors import DataError, check_choice
from training.data.prepared import SPLITS

SHARES = (0.8, 0.1, 0.1)  # of SPLITS


def split_by_writers(labels: np.ndarray, writers: np.ndarray, strata: np.ndarray, seed: int) -> np.ndarray:
    """Return the split (N,) uint8 of each image; the images of one writer are in the same split.

    Writers are assigned in random order, each to the split that lacks the largest part of its share. Where every writer
    (or group of writers) wrote every character once, all characters are divided alike.

    Args:
        labels: (N,) class, negative for images that will be dropped.
        writers: (N,) int, -1 where unknown: such images are for training.
        strata: (N,) int, the database of each image; each database is divided separately.
        seed: of one generator that divides the strata in ascending order.

    Raises:
        DataError: if there are fewer writers than splits.
    """
    splits = np.zeros(len(writers), np.uint8)
    rng = np.random.default_rng(seed)
    known = (writers >= 0) & (labels >= 0)
    for stratum in np.unique(strata[known]):
        chosen = np.flatnonzero(known & (strata == stratum))
        names, members, sizes = np.unique(writers[chosen], return_inverse=True, return_counts=True)
        if len(names) < len(SPLITS):
            raise DataError(
                f"{len(chosen):,} images have {len(names)} writers or groups of writers, expected {len(SPLITS)} or "
                "more, one for each split: add files, or divide with --split random-leaking."
            )
        wanted, filled = np.array(SHARES) * len(chosen), np.zeros(len(SHARES))
        of_writer = np.zeros(len(names), np.uint8)
        for place, writer in enumerate(rng.permutation(len(names))):
            # The first three go to different splits, so that no split is empty where there are few writers.
            split = place if place < len(SPLITS) else int(np.argmax((wanted - filled) / wanted))
            of_writer[writer] = split
            filled[split] += sizes[writer]
        splits[chosen] = of_writer[members]
    return splits


def split_at_random(labels: np.ndarray, writers: np.ndarray, strata: np.ndarray, seed: int) -> np.ndarray:
    """Return the split (N,) uint8 of each image; each class is divided separately, without regard to writers."""
    order = np.lexsort((np.random.default_rng(seed).permutation(len(labels)), labels))
    firsts = np.searchsorted(labels[order], labels[order])  # position of the first image of the same class
    counts = np.bincount(labels - labels.min())[labels[order] - labels.min()]
    place = (np.arange(len(labels)) - firsts + 0.5) / counts
    splits = np.empty(len(labels), np.uint8)
    splits[order] = np.searchsorted(np.cumsum(SHARES)[:-1], place, side="right")
    return splits


SPLITTERS: dict[str, tuple[Callable[..., np.ndarray], str]] = {
    "writers": (split_by_writers, "by writer: no writer is in two splits"),
    "random-leaking": (split_at_random, "at random: LEAKS WRITERS, the same writers are in training and test"),
}


def get_splitter(name: str) -> tuple[Callable[..., np.ndarray], str]:
    """Return a splitting function and its rule in words, for the metadata.

    Raises:
        KakitoriError: for an unknown name, listing the known ones.
    """
    return SPLITTERS[check_choice("split", name, SPLITTERS)]
