"""A mixture of sources: each training image comes from one of them, chosen at random with given shares."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from training.data.prepared import TRAIN

# A source with fewer images of a class than this is chosen less often for it, in proportion: the network would memorise
# a few images that are repeated.
RARE = 20


class MixedSource:
    """Sources of one charset: training images are mixed, held-out images are those of all sources."""

    def __init__(self, sources: Sequence[Any], shares: Sequence[float]) -> None:
        self.sources, self.shares = sources, np.array(shares, float)
        self.images_per_epoch = sum(source.images_per_epoch for source in sources)

    def weights(self, stream: int) -> np.ndarray:
        """Return the weight (sources, K) float with which each source is chosen for an image of a class."""
        return self.shares[:, None] * np.minimum(1, [source.counts(stream) / RARE for source in self.sources])

    def counts(self, stream: int) -> np.ndarray:
        """Return the number (K,) of different images of each class; infinite where a source generates them."""
        return np.sum([source.counts(stream) for source in self.sources], axis=0)

    def images(self, labels: np.ndarray, size: int, seed: Sequence[int]) -> np.ndarray:
        """Return one image of each label (N,) as (N, size, size) uint8 coverage.

        Raises:
            ValueError: if no source has an image of a class (`counts` is 0).
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
        """Return the held-out images and labels of all sources, concatenated."""
        images, labels = zip(*(source.held_out(stream, size, at_least) for source in self.sources), strict=True)
        return np.concatenate(images), np.concatenate(labels)

    def pen_radius(self, size: int) -> float:
        """Return half the stroke width in pixels: the mean over the sources weighted by their shares.

        Sources of stored images count only where no source generates its images.
        """
        generates = np.array([np.isinf(source.counts(TRAIN)).any() for source in self.sources])
        pens = [source.pen_radius(size) for source in self.sources]
        return round(float(np.average(pens, weights=self.shares * generates if generates.any() else self.shares)), 2)
