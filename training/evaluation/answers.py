"""What a model answers to samples, one by one: the classes it holds likeliest and how likely."""

from collections.abc import Iterable, Iterator, Sized
from dataclasses import dataclass
from itertools import islice

import numpy as np
from rich.progress import track

from kakitori.charset import Charset
from kakitori.confidence import Predictor, softmax
from kakitori.ink import to_tensor
from training.evaluation.accuracy import BATCH
from training.evaluation.samples import Sample

BEST = 3  # classes that are kept of each answer


@dataclass(frozen=True)
class Answer:
    """A sample, its class, and the classes answered, likeliest first, with their probabilities; both (BEST,)."""

    sample: Sample
    label: int
    best: np.ndarray
    probabilities: np.ndarray

    @property
    def is_right(self) -> bool:
        """Whether the likeliest class is the sample's."""
        return int(self.best[0]) == self.label


def answers(
    samples: Iterable[Sample], charset: Charset, predict: Predictor, temperature: float = 1.0
) -> Iterator[Answer]:
    """Yield the answer to every sample of a character in the charset, in order, reading them batch by batch."""
    count = len(samples) if isinstance(samples, Sized) else None
    shown = track(samples, "Looking at answers", total=count, transient=True)
    known = (sample for sample in shown if sample.char in charset)
    while batch := list(islice(known, BATCH)):
        logits = predict(to_tensor(np.stack([sample.coverage for sample in batch])))
        best = np.argsort(-logits, axis=1, kind="stable")[:, :BEST]
        likely = np.take_along_axis(softmax(logits, temperature), best, axis=1)
        for sample, classes, chances in zip(batch, best, likely, strict=True):
            yield Answer(sample, charset.index(sample.char), classes, chances)
