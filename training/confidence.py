"""Probabilities that mean what they say, and when to answer "unsure". Pure functions of logits (N, K).

    probability   softmax of logits / temperature (Guo et al. 2017, arXiv:1706.04599); the order of classes stays
    unsure        where the best class's probability at SOFTENING times the temperature is below the threshold; so is a
                  share of REFUSED of held-out images

Mirrored by `softmax` and `rank` of web/static/kakitori/shared/classes.js; equality is tested.
"""

from collections.abc import Iterator

import numpy as np

from training.spec import Confidence

# The flatter probability hears more of the other classes: of a network that learnt to doubt it lets fewer impostors
# through, and flatter still it calls more of real hands' characters unsure (`training.trust.SCORES` compares).
SOFTENING = 2.0
# Share of held-out images that may be called unsure: they are deliberately hard, and of real handwriting it is less.
REFUSED = 0.015
TEMPERATURES = (0.05, 20.0)  # looked at; a network that is always right would have none
STEPS = 50  # of Newton's method at most: a handful from 1 to what was met, some 20 where there is no least
PRECISION = 1e-6  # relative change of the temperature that ends them
ROWS = 512  # at once: arrays of that size stay near the processor


def softmax(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Return the probabilities (N, K) float64 of logits (N, K)."""
    logits = logits.astype(np.float64)
    weights = np.exp((logits - logits.max(axis=1, keepdims=True)) / temperature)
    return weights / weights.sum(axis=1, keepdims=True)


def best_probabilities(logits: np.ndarray, temperature: float) -> np.ndarray:
    """Return the best class's probability of each row of (N, K) logits, (N,) float64 in (0, 1]."""
    return np.concatenate([softmax(part, temperature).max(axis=1) for part in _parts(logits)])


def is_unsure(logits: np.ndarray, confidence: Confidence) -> np.ndarray:
    """Return whether the answer of each row of (N, K) logits is unsure, (N,) bool."""
    flat = best_probabilities(logits, confidence.softening * confidence.temperature)
    return flat < confidence.threshold


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """Return the temperature of the least cross-entropy of (N, K) logits and labels (N,), within TEMPERATURES.

    The cross-entropy is convex in the sharpness, 1 / temperature: its slope there is the mean of the logit that the
    network expects less the label's, and its curvature the variance of that logit. So Newton's method finds the root.
    """
    sharpest, flattest = (1 / temperature for temperature in TEMPERATURES)
    own = logits[np.arange(len(labels)), labels] - logits.max(axis=1)
    sharpness = 1.0
    for _ in range(STEPS):
        means, variances = _expected_logits(logits, sharpness)
        slope, curvature = float(np.mean(means - own)), float(np.mean(variances))
        step = np.clip(sharpness - slope / max(curvature, np.finfo(float).tiny), sharpness / 4, sharpness * 4)
        before, sharpness = sharpness, float(np.clip(step, flattest, sharpest))
        if abs(sharpness - before) < PRECISION * before:
            break
    return 1 / sharpness


def fit_confidence(logits: np.ndarray, labels: np.ndarray, name: str) -> Confidence:
    """Return the temperature and threshold that held-out images of a data set give.

    Args:
        logits: (N, K) float.
        labels: (N,) class indices.
        name: of the data set.
    """
    temperature = float(f"{fit_temperature(logits, labels):.5g}")
    threshold = float(np.quantile(best_probabilities(logits, SOFTENING * temperature), REFUSED))
    return Confidence(temperature, SOFTENING, float(f"{threshold:.5g}"), name, len(labels))


def _expected_logits(logits: np.ndarray, sharpness: float) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and variance (N,) of each row's logit less its largest, under softmax(sharpness · logits)."""
    moments = []
    for part in _parts(logits):
        below = part - part.max(axis=1, keepdims=True)
        weights = np.exp(sharpness * below)
        weights /= weights.sum(axis=1, keepdims=True)
        mean, square = (np.einsum("nk,nk->n", weights, value) for value in (below, below * below))
        moments.append((mean, square - mean * mean))
    means, variances = zip(*moments, strict=True)
    return np.concatenate(means).astype(np.float64), np.concatenate(variances).astype(np.float64)


def _parts(logits: np.ndarray) -> Iterator[np.ndarray]:
    """Yield ROWS rows after others."""
    for i in range(0, len(logits), ROWS):
        yield logits[i : i + ROWS]
