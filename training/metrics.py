"""What the figures mean. Pure functions of logits (N, K) and labels (N,)."""

import numpy as np

TOP_K = (1, 5, 10)
# The figures of an evaluation, by their names in evaluation.json, and their headings. Not every row has the last.
FIGURES = {f"top{k}_percent": f"top-{k}" for k in TOP_K} | {"balanced_percent": "balanced top-1"}


def ranks(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return at which place (0 is first) each label stands, (N,) int64; on a tie the label stands last."""
    own = logits[np.arange(len(labels)), labels]
    return (logits >= own[:, None]).sum(axis=1) - 1


def balanced_percent(places: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean over the classes that occur of the percentage of a class that stands first."""
    counts = np.bincount(labels)
    right = np.bincount(labels, places == 0)
    return round(100 * float((right[counts > 0] / counts[counts > 0]).mean()), 3)


def top_k_percent(places: np.ndarray) -> dict[str, float]:
    """Return `{"top1_percent": …, "top5_percent": …, "top10_percent": …}` of the places from `ranks`."""
    return {f"top{k}_percent": round(100 * float((places < k).mean()), 3) for k in TOP_K}
