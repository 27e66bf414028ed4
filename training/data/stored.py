"""Prepared sets as a source of images, which are chosen by class and read from a memory map."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from kakitori.charset import Charset
from kakitori.errors import DataError, check_choice
from training.data.distortion import distort_batch
from training.data.fonts.glyph_variation import vary_batch
from training.data.prepared import SPLITS, TRAIN, open_prepared

Augment = Callable[[np.ndarray, np.ndarray, np.random.Generator], None]

HELD_OUT = 10_000  # most images of a split that `held_out` returns, unless more are asked for
RADIUS_SAMPLE = 1_000  # images that the stroke width is estimated from
# The functions that turn stored images into training images, by the `augmentation` of a set's metadata. Arguments:
# images, targets to fill, generator.
AUGMENTATIONS: dict[str, Augment] = {"hand": partial(distort_batch, distorted=True), "glyph": vary_batch}


class StoredSource:
    """Images of a prepared set, with the classes of `charset`; the first entry of a seed is the split.

    The images are a memory map, so the operating system decides which of them stay in memory.
    """

    def __init__(self, folder: Path, charset: Charset, augment: bool = True) -> None:
        """Open the set in `folder`; images of characters that are not in `charset` are left out.

        Raises:
            DataError: if the set cannot be used, or has nothing to train on.
        """
        self.folder, self.charset, self.augment = folder, charset, augment
        prepared = open_prepared(folder)
        self._images = prepared.images
        self._vary = AUGMENTATIONS[check_choice("augmentation", prepared.metadata.augmentation, AUGMENTATIONS)]
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

    def __reduce__(self) -> tuple[Any, ...]:
        """Return how to open the set again in another process, because a pickled memory map holds all images."""
        return type(self), (self.folder, self.charset, self.augment)

    def counts(self, stream: int) -> np.ndarray:
        """Return the number (K,) int64 of images of each class in a split."""
        return np.diff(self._starts[stream])

    def images(self, labels: np.ndarray, size: int, seed: Sequence[int]) -> np.ndarray:
        """Return one image of each label (N,) as (N, size, size) uint8 coverage; training images are distorted.

        The image of a class is chosen at random, so every class occurs as often as its label.

        Raises:
            ValueError: if the split has no image of a class (`counts` is 0).
        """
        stream, rng = seed[0], np.random.default_rng(list(seed))
        counts = self.counts(stream)[labels]
        if not counts.all():
            raise ValueError(f"{self.folder} has no {SPLITS[stream]} image of classes {set(labels[counts == 0])}")
        rows = self._rows[stream][self._starts[stream][labels] + rng.integers(0, counts)]
        return self._fit(self._images[rows], size, rng if self.augment and stream == TRAIN else None)

    def held_out(self, stream: int, size: int, at_least: int) -> tuple[np.ndarray, np.ndarray]:
        """Return images (N, size, size) uint8 and labels (N,) int64 of a split, each image once.

        A split of more than max(at_least, HELD_OUT) images gives a fixed sample of so many.
        """
        rows, labels = self._rows[stream], self._labels[stream]
        chosen = np.sort(np.random.default_rng(stream).permutation(len(rows))[: max(at_least, HELD_OUT)])
        return self._fit(self._images[rows[chosen]], size, None), labels[chosen]

    def pen_radius(self, size: int) -> float:
        """Return half the stroke width in pixels of images of `size`, estimated from training images.

        A stroke of width w and length l has the area w·l and an outline of length 2·l.
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
    """Return the class (K,) int64 in `ours` of every class of `theirs`, -1 for a class that `ours` lacks."""
    return np.array([ours.index(c) if c in ours else -1 for c in theirs.characters], np.int64)
