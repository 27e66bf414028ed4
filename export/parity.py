"""Compare a file with its PyTorch network: logits on the same images, and accuracy on the evaluation set."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from torch import nn

from export.backends import Precision
from export.check_images import LabelledImages, Samples, parity_images
from export.errors import AccuracyError, ParityError
from kakitori.confidence import Predictor
from kakitori.engine import ENGINE, in_batches
from training.models.weights import network_predictor
from training.progress.display import Bar

# One image, as the page runs it, and a batch that is no power of two: the batch axis must be dynamic.
PARITY_BATCHES = (1, 7)


@dataclass(frozen=True)
class Reference:
    """PyTorch's logits and accuracy; computed once, compared with every file."""

    evaluation_set: str
    evaluation: LabelledImages
    images: np.ndarray  # (n, 1, H, W) float32, for logits
    logits: np.ndarray  # (n, K) float32
    top1_percent: float  # on `evaluation`


@dataclass(frozen=True)
class ParityResult:
    """The differences of a file from PyTorch."""

    max_logit_difference: float
    argmax_agreement: float  # share of inputs, 0..1
    inputs: int
    engine: str
    top1_percent: float
    reference_top1_percent: float
    images: int  # behind the two percentages
    evaluation_set: str  # its name

    @property
    def drop(self) -> float:
        """Top-1 points lost against PyTorch."""
        return self.reference_top1_percent - self.top1_percent


def make_reference(network: nn.Module, samples: Samples) -> Reference:
    """Return PyTorch's logits and accuracy; the network is in evaluation mode."""
    predict, evaluation = network_predictor(network), samples.evaluation()
    images = parity_images(evaluation)
    return Reference(samples.name, evaluation, images, in_batches(predict, images), top1_percent(predict, evaluation))


def top1_percent(predict: Callable[[np.ndarray], np.ndarray], samples: LabelledImages) -> float:
    """Return the percentage of samples whose largest logit is their label's."""
    with Bar("Checking", len(samples), "images") as bar:

        def best(batch: np.ndarray) -> np.ndarray:
            classes = predict(batch).argmax(axis=1)
            bar.advance(len(batch))
            return classes

        found = in_batches(best, samples.images)
    return 100.0 * float((found == samples.labels).mean())


def compare(predict: Predictor, reference: Reference) -> ParityResult:
    """Return the differences of a file's logits from PyTorch's, over both batch sizes of PARITY_BATCHES."""
    runs = [in_batches(predict, reference.images, size) for size in PARITY_BATCHES]
    agreement = np.mean([(run.argmax(axis=1) == reference.logits.argmax(axis=1)).mean() for run in runs])
    return ParityResult(
        max_logit_difference=max(float(np.abs(run - reference.logits).max()) for run in runs),
        argmax_agreement=float(agreement),
        inputs=len(reference.images),
        engine=ENGINE,
        top1_percent=top1_percent(predict, reference.evaluation),
        reference_top1_percent=reference.top1_percent,
        images=len(reference.evaluation),
        evaluation_set=reference.evaluation_set,
    )


def check_parity(result: ParityResult, precision: Precision) -> None:
    """Raise if a file differs from PyTorch by more than its precision's limits; NaN exceeds every limit.

    Raises:
        ParityError: logits.
        AccuracyError: top-1 accuracy.
    """
    limit = precision.max_logit_difference
    if limit is not None and not result.max_logit_difference <= limit:
        raise ParityError(result.max_logit_difference, limit, result.inputs, result.engine)
    limit = precision.max_top1_drop
    # One more misclassified image may be chance, also in a small set.
    if not result.drop <= max(limit, 100 / result.images + 1e-6):
        raise AccuracyError(result.evaluation_set, result.drop, limit, result.images)
