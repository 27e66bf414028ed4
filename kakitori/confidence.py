"""Calibrated probabilities and the rejection of unsure answers. Pure functions of logits (N, K).

    probability   softmax of logits / temperature (Guo et al. 2017, arXiv:1706.04599); the order of classes stays
    unsure        where the rejection score, the best class's probability at the rejection temperature, is below the
                  threshold; `training.fit.calibration` fits all three

Mirrored by web/static/kakitori/shared/confidence.js; equality is tested.
"""

from collections.abc import Callable, Iterator

import numpy as np

from kakitori.spec import Confidence

Predictor = Callable[[np.ndarray], np.ndarray]  # (N, 1, H, W) float32 in [-1, 1] -> logits (N, K) float32
# The rejection temperature, in temperatures. The flatter distribution weighs the other classes more: a network trained
# with outlier exposure accepts fewer outliers there, and at 4 more real characters are unsure
# (`training.evaluation.reliability.SCORES` compares them).
REJECTION_FACTOR = 2.0
ROWS = 512  # per chunk, so that its arrays stay in the processor's cache


def softmax(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Return the probabilities (N, K) float64 of logits (N, K)."""
    logits = logits.astype(np.float64)
    weights = np.exp((logits - logits.max(axis=1, keepdims=True)) / temperature)
    return weights / weights.sum(axis=1, keepdims=True)


def best_probabilities(logits: np.ndarray, temperature: float) -> np.ndarray:
    """Return the best class's probability of each row of (N, K) logits, (N,) float64 in (0, 1]."""
    return np.concatenate([softmax(part, temperature).max(axis=1) for part in chunks(logits)])


def is_unsure(logits: np.ndarray, confidence: Confidence) -> np.ndarray:
    """Return whether the answer of each row of (N, K) logits is unsure, (N,) bool."""
    return best_probabilities(logits, confidence.rejection_temperature) < confidence.threshold


def chunks(logits: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the logits in chunks of ROWS rows."""
    for i in range(0, len(logits), ROWS):
        yield logits[i : i + ROWS]
