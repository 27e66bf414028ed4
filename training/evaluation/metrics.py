"""Accuracy and calibration metrics: pure functions of logits (N, K), labels (N,) and probabilities (N,)."""

from typing import Any

import numpy as np

from kakitori.schemas.evaluation import Reliability

TOP_K = (1, 5, 10)
BINS = 15  # of probability, of equal width, as in Guo et al. 2017 (arXiv:1706.04599)
# Fields of an accuracy row in evaluation.json, and their headings. The last is optional.
FIGURES = {f"top{k}_percent": f"top-{k}" for k in TOP_K} | {"balanced_percent": "balanced top-1"}


def ranks(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the rank of each label among the logits, (N,) int64, 0 for the largest; a label loses every tie."""
    own = logits[np.arange(len(labels)), labels]
    return (logits >= own[:, None]).sum(axis=1) - 1


def balanced_percent(places: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean over the classes that occur of their top-1 percentage.

    Args:
        places: (N,) ranks of the labels.
        labels: (N,) class indices.
    """
    counts = np.bincount(labels)
    right = np.bincount(labels, places == 0)
    return round(100 * float((right[counts > 0] / counts[counts > 0]).mean()), 3)


def top_k_percent(places: np.ndarray) -> dict[str, Any]:
    """Return `{"top1_percent": …, "top5_percent": …, "top10_percent": …}` of ranks (N,)."""
    return {f"top{k}_percent": round(100 * float((places < k).mean()), 3) for k in TOP_K}


def reliability(probabilities: np.ndarray, is_right: np.ndarray) -> Reliability:
    """Return the reliability diagram of N answers in BINS bins; the percentages of an empty bin are 0.

    Args:
        probabilities: (N,) of the best classes, in (0, 1].
        is_right: (N,) bool.
    """
    bins = np.minimum((probabilities * BINS).astype(int), BINS - 1)
    counts = np.bincount(bins, minlength=BINS)

    def means(values: np.ndarray) -> list[float]:
        return np.round(100 * np.bincount(bins, values, minlength=BINS) / np.maximum(counts, 1), 3).tolist()

    return Reliability(counts=counts.tolist(), probability_percent=means(probabilities), right_percent=means(is_right))


def calibration_error_percent(probabilities: np.ndarray, is_right: np.ndarray) -> float:
    """Return the expected calibration error: the mean over answers of their bin's |mean probability - accuracy|."""
    bins = reliability(probabilities, is_right)
    counts, predicted, found = (
        np.array(values) for values in (bins.counts, bins.probability_percent, bins.right_percent)
    )
    return round(float((counts * abs(predicted - found)).sum() / counts.sum()), 3)
