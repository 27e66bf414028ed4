"""What the figures mean. Pure functions of logits (N, K) and labels (N,)."""

import numpy as np

TOP_K = (1, 5, 10)
BINS = 15  # of probability, equally wide; as Guo et al. 2017 (arXiv:1706.04599) have them
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


def reliability(probabilities: np.ndarray, is_right: np.ndarray) -> dict[str, list[float]]:
    """Return, by bin of the best class's probability (N,): `counts`, mean `probability_percent` and `right_percent`.

    BINS values each; 0 where a bin is empty.
    """
    bins = np.minimum((probabilities * BINS).astype(int), BINS - 1)
    counts = np.bincount(bins, minlength=BINS)
    means = {
        name: 100 * np.bincount(bins, values, minlength=BINS) / np.maximum(counts, 1)
        for name, values in (("probability_percent", probabilities), ("right_percent", is_right))
    }
    return {"counts": counts.tolist(), **{name: np.round(values, 3).tolist() for name, values in means.items()}}


def calibration_error_percent(probabilities: np.ndarray, is_right: np.ndarray) -> float:
    """Return the expected calibration error: how far probability and share of right answers lie apart, bin by bin."""
    bins = reliability(probabilities, is_right)
    counts, said, was = (np.array(bins[name]) for name in ("counts", "probability_percent", "right_percent"))
    return round(float((counts * abs(said - was)).sum() / counts.sum()), 3)
