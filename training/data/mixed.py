"""Several sources as one: each training image comes from one of them, by chance, in given shares."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from training.data.prepared import TRAIN

# A class with fewer stored images than this has them drawn more rarely, and the other source's in their place: the same
# few again and again would be learnt by heart.
RARE = 20


class MixedSource:
    """Sources of the same charset. Images to train on are mixed; those held out are all sources' together."""

    def __init__(self, sources: Sequence[Any], shares: Sequence[float]) -> None:
        self.sources, self.shares = sources, np.array(shares, float)
        self.images_per_epoch = sum(source.images_per_epoch for source in sources)

    def weights(self, stream: int) -> np.ndarray:
        """Return how likely (sources, K) an image of a class comes from each source, up to a factor a class."""
        return self.shares[:, None] * np.minimum(1, [source.counts(stream) / RARE for source in self.sources])

    def counts(self, stream: int) -> np.ndarray:
        """Return how many different images (K,) of each class there are; infinite where one source draws them."""
        return np.sum([source.counts(stream) for source in self.sources], axis=0)

    def images(self, labels: np.ndarray, size: int, seed: Sequence[int]) -> np.ndarray:
        """Return one image of each label (N,) as (N, size, size) uint8 coverage.

        Raises:
            ValueError: if no source has an image of a class; `counts` tells.
        """
        choice = np.random.default_rng([*seed, len(self.sources)]).random(len(labels))
        bounds = np.cumsum(self.weights(seed[0])[:, labels], axis=0)
        if not bounds[-1].all():
            raise ValueError(f"no source has an image of classes {set(labels[bounds[-1] == 0])}")
        chosen = (choice * bounds[-1] >= bounds).sum(axis=0)
        images = np.empty((len(labels), size, size), np.uint8)
        for n, source in enumerate(self.sources):
            if (chosen == n).any():
                images[chosen == n] = source.images(labels[chosen == n], size, seed)
        return images

    def held_out(self, stream: int, size: int, at_least: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the held-out images and labels of all sources, one after the other."""
        images, labels = zip(*(source.held_out(stream, size, at_least) for source in self.sources), strict=True)
        return np.concatenate(images), np.concatenate(labels)

    def pen_radius(self, size: int) -> float:
        """Return half a stroke's width in pixels: of the source that draws strokes, where one does.

        Otherwise it is the mean of the sources' pens by their shares.
        """
        draws = np.array([np.isinf(source.counts(TRAIN)).any() for source in self.sources])
        pens = [source.pen_radius(size) for source in self.sources]
        return round(float(np.average(pens, weights=self.shares * draws if draws.any() else self.shares)), 2)
