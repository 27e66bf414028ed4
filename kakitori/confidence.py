"""Calibrated probabilities and the rejection of unsure answers. Pure functions of logits (N, K).

    probability      softmax of logits / temperature (Guo et al. 2017, arXiv:1706.04599); keeps the order of classes
    rejection score  the best class's probability at the rejection temperature
    unsure           rejection score < threshold

`training.fit.calibration` fits the temperature and the threshold. NaN and infinite logits raise EngineError.

Mirrored by web/static/kakitori/shared/confidence.js; equality is tested.
"""

from collections.abc import Callable, Iterator

import numpy as np

from kakitori.errors import EngineError
from kakitori.spec import Confidence

Predictor = Callable[[np.ndarray], np.ndarray]  # (N, 1, H, W) float32 in [-1, 1] -> logits (N, K) float32
# Rejection temperature divided by the temperature. In the flatter distribution the other classes count more, so fewer
# out-of-distribution drawings are accepted; 4 rejects more characters: docs/measurements.md#rejection-score.
REJECTION_FACTOR = 2.0
ROWS = 512  # per chunk: its arrays fit the processor's cache


def softmax(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Return the probabilities (N, K) float64 of logits (N, K); each row sums to 1.

    Raises:
        EngineError: if a logit is NaN or infinite.
    """
    check_finite(logits)
    logits = logits.astype(np.float64)
    weights = np.exp((logits - logits.max(axis=1, keepdims=True)) / temperature)
    probabilities: np.ndarray = weights / weights.sum(axis=1, keepdims=True)
    return probabilities


def best_probabilities(logits: np.ndarray, temperature: float) -> np.ndarray:
    """Return the best class's probability of each row of (N, K) logits, (N,) float64 in (0, 1].

    Raises:
        EngineError: if a logit is NaN or infinite.
    """
    return np.concatenate([softmax(part, temperature).max(axis=1) for part in chunks(logits)])


def is_unsure(logits: np.ndarray, confidence: Confidence) -> np.ndarray:
    """Return whether the answer of each row of (N, K) logits is unsure, (N,) bool.

    Raises:
        EngineError: if a logit is NaN or infinite.
    """
    return best_probabilities(logits, confidence.rejection_temperature) < confidence.threshold


def check_finite(logits: np.ndarray) -> None:
    """Check that a network answered with numbers.

    Raises:
        EngineError: if a logit is NaN or infinite.
    """
    broken = np.count_nonzero(~np.isfinite(logits))
    if broken:
        raise EngineError(
            f"The network answered with NaN or infinity in {broken:,} of {logits.size:,} logits: its file or its "
            "weights are damaged. Export the model again, or train it again."
        )


def chunks(logits: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the logits in chunks of ROWS rows."""
    for i in range(0, len(logits), ROWS):
        yield logits[i : i + ROWS]
