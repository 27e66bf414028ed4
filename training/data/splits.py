"""Which images train, which choose the model, which test it: 80/10/10, seeded.

    writers         whole groups of writers go to one split, database by database, so that nobody who wrote a test image
                    wrote a training image; images without a writer train
    random-leaking  each character's images at random, as earlier systems did: the same hands are in all three splits,
                    and accuracy comes out too high. For comparison only
"""

from collections.abc import Callable

import numpy as np

from kakitori.errors import DataError, check_choice
from training.data.prepared import SPLITS

SHARES = (0.8, 0.1, 0.1)  # of SPLITS


def split_by_writers(labels: np.ndarray, writers: np.ndarray, strata: np.ndarray, seed: int) -> np.ndarray:
    """Return the split (N,) uint8 of each image; images of one writer share it.

    Writers come in random order, each to the split that lacks most images of its share. Where every writer (or group
    of them) wrote every character once, each character is thereby divided in the same way.

    Args:
        labels: (N,) class, negative for images that will be dropped.
        writers: (N,), -1 where unknown: such images train.
        strata: (N,) int, what to divide one by one: the database an image is from.

    Raises:
        DataError: if too few writers are there to leave one for each split.
    """
    splits = np.zeros(len(writers), np.uint8)
    rng = np.random.default_rng(seed)
    known = (writers >= 0) & (labels >= 0)
    for stratum in np.unique(strata[known]):
        chosen = np.flatnonzero(known & (strata == stratum))
        names, members, sizes = np.unique(writers[chosen], return_inverse=True, return_counts=True)
        if len(names) < len(SPLITS):
            raise DataError(
                f"{len(chosen):,} images have {len(names)} writers or groups of them: {len(SPLITS)} are needed to keep "
                "them apart. Add files, or divide by --split random-leaking."
            )
        wanted, filled = np.array(SHARES) * len(chosen), np.zeros(len(SHARES))
        of_writer = np.zeros(len(names), np.uint8)
        for place, writer in enumerate(rng.permutation(len(names))):
            # The first three open one split each, so that none stays empty where writers are few.
            split = place if place < len(SPLITS) else int(np.argmax((wanted - filled) / wanted))
            of_writer[writer] = split
            filled[split] += sizes[writer]
        splits[chosen] = of_writer[members]
    return splits


def split_at_random(labels: np.ndarray, writers: np.ndarray, strata: np.ndarray, seed: int) -> np.ndarray:
    """Return the split (N,) uint8 of each image, each class divided by itself, whoever wrote it."""
    order = np.lexsort((np.random.default_rng(seed).permutation(len(labels)), labels))
    firsts = np.searchsorted(labels[order], labels[order])  # where the images of the same class begin
    counts = np.bincount(labels - labels.min())[labels[order] - labels.min()]
    place = (np.arange(len(labels)) - firsts + 0.5) / counts
    splits = np.empty(len(labels), np.uint8)
    splits[order] = np.searchsorted(np.cumsum(SHARES)[:-1], place, side="right")
    return splits


SPLITTERS: dict[str, tuple[Callable[..., np.ndarray], str]] = {
    "writers": (split_by_writers, "by writer: no writer is in two splits"),
    "random-leaking": (split_at_random, "at random: LEAKS WRITERS, the same hands train and test"),
}


def get_splitter(name: str) -> tuple[Callable[..., np.ndarray], str]:
    """Return a splitting function and what to write down about it.

    Raises:
        KakitoriError: for an unknown name, listing the known ones.
    """
    return SPLITTERS[check_choice("split", name, SPLITTERS)]
