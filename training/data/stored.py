"""Prepared sets as a source of images: drawn by class from the disk, never held in memory."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from kakitori.charset import Charset
from kakitori.errors import DataError
from training.data.distortion import distort_batch
from training.data.fonts.glyph_variation import vary_batch
from training.data.prepared import SPLITS, TRAIN, open_prepared

HELD_OUT = 10_000  # images of a split, at most, that are looked at after every epoch
RADIUS_SAMPLE = 1_000  # images that the pen's width is estimated from
# What makes training images of stored ones, by a set's `augmentation`: (images, targets, generator).
AUGMENTATIONS = {"hand": partial(distort_batch, distorted=True), "glyph": vary_batch}


class StoredSource:
    """Images of a prepared set, by the classes of `charset`; the first entry of a seed is the split.

    The images are a memory map: the system keeps in memory what is used and there is room for, and drops it at need.
    """

    def __init__(self, folder: Path, charset: Charset, augment: bool = True) -> None:
        """Open the set in `folder`; images of characters that are not in `charset` are left out.

        Raises:
            DataError: if the set cannot be used, or has nothing to train on.
        """
        self.folder, self.charset, self.augment = folder, charset, augment
        prepared = open_prepared(folder)
        self._images = prepared.images
        self._vary = AUGMENTATIONS[prepared.metadata.get("augmentation", "hand")]
        labels = classes_in(prepared.charset, charset)[prepared.labels]
        self._rows, self._labels, self._starts = [], [], []
        for split in SPLITS:
            rows = prepared.rows(split)
            rows = rows[labels[rows] >= 0]
            rows = rows[np.argsort(labels[rows], kind="stable")]
            self._rows.append(rows)
            self._labels.append(labels[rows])
            self._starts.append(np.searchsorted(labels[rows], np.arange(len(charset) + 1)))
        self.images_per_epoch = len(self._rows[TRAIN])
        if not self.images_per_epoch:
            raise DataError(f"{folder} has no image to train on of the {len(charset):,} classes of {charset.name!r}.")

    def __reduce__(self) -> tuple:
        """Let worker processes open the files themselves: a pickled memory map would be the whole set."""
        return type(self), (self.folder, self.charset, self.augment)

    def counts(self, stream: int) -> np.ndarray:
        """Return how many images (K,) of each class there are in a split."""
        return np.diff(self._starts[stream])

    def images(self, labels: np.ndarray, size: int, seed: Sequence[int]) -> np.ndarray:
        """Return one image of each label (N,) as (N, size, size) uint8 coverage; those to train on are distorted.

        Which image of a class comes is left to chance, so that every class comes as often as its label.

        Raises:
            ValueError: if the split has no image of a class; `counts` tells.
        """
        stream, rng = seed[0], np.random.default_rng(list(seed))
        counts = self.counts(stream)[labels]
        if not counts.all():
            raise ValueError(f"{self.folder} has no {SPLITS[stream]} image of classes {set(labels[counts == 0])}")
        rows = self._rows[stream][self._starts[stream][labels] + rng.integers(0, counts)]
        return self._fit(self._images[rows], size, rng if self.augment and stream == TRAIN else None)

    def held_out(self, stream: int, size: int, at_least: int) -> tuple[np.ndarray, np.ndarray]:
        """Return images (N, size, size) and labels (N,) of a split, each once; a fixed sample where there are many."""
        rows, labels = self._rows[stream], self._labels[stream]
        chosen = np.sort(np.random.default_rng(stream).permutation(len(rows))[: max(at_least, HELD_OUT)])
        return self._fit(self._images[rows[chosen]], size, None), labels[chosen]

    def pen_radius(self, size: int) -> float:
        """Return half the width of the strokes in pixels of images of `size`, as the page should draw them.

        A stroke w wide and l long has the area w·l and, both its sides, the outline 2·l.
        """
        images, _ = self.held_out(TRAIN, self._images.shape[1], 0)
        ink = images[:: -(-len(images) // RADIUS_SAMPLE)].astype(np.float32) / 255
        outline = np.hypot(np.diff(ink, axis=1)[:, :, :-1], np.diff(ink, axis=2)[:, :-1]).sum()
        return round(float(ink.sum() / max(outline, 1)) * size / self._images.shape[1], 2)

    def _fit(self, images: np.ndarray, size: int, rng: np.random.Generator | None) -> np.ndarray:
        if rng is None and size == images.shape[1]:
            return images
        fitted = np.empty((len(images), size, size), np.uint8)
        if rng is None:
            distort_batch(images, fitted, np.random.default_rng(0), distorted=False)
        else:
            self._vary(images, fitted, rng)
        return fitted


def classes_in(theirs: Charset, ours: Charset) -> np.ndarray:
    """Return the class (K,) int64 in `ours` of every class of `theirs`, -1 for one that is not there."""
    return np.array([ours.index(c) if c in ours else -1 for c in theirs.characters], np.int64)
