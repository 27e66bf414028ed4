"""The data sets that can be trained on, one row each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from training.charset import Charset
from training.data.ink import InkSource
from training.errors import check_choice
from training.spec import KANJIVG_LICENCE


class Source(Protocol):
    """Where images of a charset's classes come from."""

    def images(self, labels: np.ndarray, size: int, seed: Sequence[int]) -> np.ndarray:
        """Return one image of each label (N,) as (N, size, size) uint8 coverage, 0 paper, 255 ink."""


@dataclass(frozen=True)
class Dataset:
    """A data set: how to open it, how many images of a class make an epoch, and what a model made of it must tell."""

    open: Callable[[Charset], Source]
    images_per_class: int
    licence: dict[str, str]


DATASETS = {"ink": Dataset(InkSource, 20, KANJIVG_LICENCE)}


def get_dataset(name: str) -> Dataset:
    """Return a data set.

    Raises:
        KakitoriError: for an unknown name, listing the known ones.
    """
    return DATASETS[check_choice("dataset", name, DATASETS)]
