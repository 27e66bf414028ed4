"""How far a model's confidence can be trusted: on characters it knows, on those it does not, and on no characters.

Rows of characters have the calibration error with and without the temperature, and the share called unsure; rows of
outliers the share that is accepted, which is what should be none.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from rich.progress import track
from rich.table import Table

from kakitori.confidence import REJECTION_FACTOR, Predictor, best_probabilities, is_unsure
from kakitori.ink import to_tensor
from kakitori.spec import ModelSpec
from training.data.prepared import TEST
from training.evaluation.accuracy import BATCH
from training.evaluation.metrics import calibration_error_percent, reliability
from training.evaluation.samples import Sample
from training.ink.out_of_distribution import looks_like_class, outliers

Rows = list[dict[str, Any]]
ALL = "all"
OUTSIDE = -1  # the label of a character outside the charset
COMPARED_AT = 0.01  # share of ink of the charset that is refused where scores are compared
PROBABILITY = "probability"

# What might tell ink of the charset from other ink: functions of logits (N, K) and the temperature to (N,), more where
# the network is surer.
SCORES: dict[str, Callable[[np.ndarray, float], np.ndarray]] = {
    PROBABILITY: best_probabilities,
    # The score that decides "unsure".
    f"probability at {REJECTION_FACTOR:g} x temperature": lambda z, t: best_probabilities(z, REJECTION_FACTOR * t),
    "probability at 4 x temperature": lambda z, t: best_probabilities(z, 4 * t),
    "margin to the second": lambda z, t: np.ptp(np.partition(z, -2, axis=1)[:, -2:], axis=1),
    "logit": lambda z, t: z.max(axis=1),
    "energy": lambda z, t: z.max(axis=1) - t * np.log(best_probabilities(z, t)),  # t · log of the sum of exp(z / t)
    "logit above the mean": lambda z, t: z.max(axis=1) - z.mean(axis=1),
    "the same in deviations": lambda z, t: (z.max(axis=1) - z.mean(axis=1)) / np.maximum(z.std(axis=1), 1e-6),
}


@dataclass(frozen=True)
class ScoredAnswers:
    """What is kept of the logits of N images, (N,) each: best classes, their plain softmax, unsure, scores by name."""

    best: np.ndarray
    plain: np.ndarray
    unsure: np.ndarray
    scores: dict[str, np.ndarray]

    @property
    def probabilities(self) -> np.ndarray:
        """Return the best classes' calibrated probabilities (N,)."""
        return self.scores[PROBABILITY]


def read_images(images: Iterable[np.ndarray], spec: ModelSpec, predict: Predictor) -> ScoredAnswers:
    """Return the reading of images (H, W), coverage in [0, 1], taken batch by batch."""
    images, confidence = iter(images), spec.confidence
    best, plain, unsure, scores = [], [], [], []
    while batch := list(islice(images, BATCH)):
        logits = predict(to_tensor(np.stack(batch)))
        best.append(logits.argmax(axis=1))
        plain.append(best_probabilities(logits, 1))
        unsure.append(is_unsure(logits, confidence))
        scores.append([score(logits, confidence.temperature) for score in SCORES.values()])
    by_name = dict(zip(SCORES, np.concatenate(scores, axis=1), strict=True))
    return ScoredAnswers(*map(np.concatenate, (best, plain, unsure)), by_name)


def confidence_rows(samples: Iterable[Sample], spec: ModelSpec, predict: Predictor) -> tuple[Rows, ScoredAnswers]:
    """Return a row for every source, and one for all of several, and the reading of the samples.

    Characters outside the charset that look like a class are left out. The last row has the `reliability` of all
    answers to characters of the charset, see `training.evaluation.metrics`.
    """
    charset, labels, sources = spec.get_charset(), [], []

    def images() -> Iterator[np.ndarray]:
        for sample in track(samples, "Looking at confidence", transient=True):
            is_known = sample.char in charset
            if is_known or not looks_like_class(sample.char, charset):
                labels.append(charset.index(sample.char) if is_known else OUTSIDE)
                sources.append(sample.source)
                yield sample.coverage

    reading = read_images(images(), spec, predict)
    answers, origin = np.array(labels), np.array(sources)
    groups = {name: origin == name for name in dict.fromkeys(sources)}
    groups |= {ALL: np.ones(len(origin), bool)} if len(groups) > 1 else {}
    rows = [{"source": name} | figures(reading, answers, chosen) for name, chosen in groups.items()]
    known = answers != OUTSIDE
    rows[-1]["reliability"] = reliability(reading.probabilities[known], (reading.best == answers)[known])
    return rows, reading


def figures(reading: ScoredAnswers, labels: np.ndarray, chosen: np.ndarray) -> dict[str, Any]:
    """Return the figures of the chosen (N,) bool of all samples; labels (N,) may be OUTSIDE."""
    known, outside = chosen & (labels != OUTSIDE), chosen & (labels == OUTSIDE)
    found: dict[str, Any] = {"characters": int(known.sum()), "outside_charset": int(outside.sum())}
    if known.any():
        is_right = (reading.best == labels)[known]
        found |= {
            "right_percent": percent(is_right),
            "probability_percent": percent(reading.probabilities[known]),
            "ece_percent": calibration_error_percent(reading.probabilities[known], is_right),
            "ece_uncalibrated_percent": calibration_error_percent(reading.plain[known], is_right),
            "unsure_percent": percent(reading.unsure[known]),
        }
    return found | ({"outside_accepted_percent": percent(~reading.unsure[outside])} if outside.any() else {})


def outlier_rows(own: ScoredAnswers, spec: ModelSpec, predict: Predictor) -> Rows:
    """Return a row for every kind of outlier: the share accepted, and the share each score would accept.

    Args:
        own: the reading of ink of the charset; each score refuses a share of COMPARED_AT of it.
        spec: of the model.
        predict: the model.
    """
    limits = {name: np.quantile(values, COMPARED_AT) for name, values in own.scores.items()}
    rows = []
    for kind, images in outliers(spec.get_charset(), spec.size, TEST):
        reading = read_images(images / np.float32(255), spec, predict)
        rows.append({
            "kind": kind,
            "images": len(images),
            "accepted_percent": percent(~reading.unsure),
            "scores_accepted_percent": {n: percent(reading.scores[n] >= limit) for n, limit in limits.items()},
        })  # fmt: skip
    return rows


def percent(shares: np.ndarray) -> float:
    """Return the mean of shares (N,) in per cent."""
    return round(100 * float(np.mean(shares)), 2)


def confidence_table(rows: Rows) -> Table:
    """Return the rows of samples as a table for a terminal."""
    columns = {
        "characters": "characters", "right_percent": "right, %", "probability_percent": "mean probability, %",
        "ece_percent": "ECE, %", "ece_uncalibrated_percent": "ECE without temperature, %",
        "unsure_percent": "unsure, %",
        "outside_charset": "outside charset", "outside_accepted_percent": "of those accepted, %",
    }  # fmt: skip
    table = Table("source")
    for heading in columns.values():
        table.add_column(heading, justify="right")
    for row in rows:
        table.add_row(row["source"], *(f"{row[name]:,}" if name in row else "" for name in columns))
    return table


def outliers_table(rows: Rows) -> Table:
    """Return the rows of outliers as a table for a terminal."""
    table = Table("kind")
    for heading in ("images", "accepted, %", *(f"by {name}, %" for name in SCORES)):
        table.add_column(heading, justify="right")
    for row in rows:
        scores = (f"{row['scores_accepted_percent'][name]:.1f}" for name in SCORES)
        table.add_row(row["kind"], f"{row['images']:,}", f"{row['accepted_percent']:.1f}", *scores)
    return table
