"""Calibration and rejection: on characters of the charset, on other characters, and on out-of-distribution drawings.

Rows of characters hold the calibration error with and without the temperature, and the share rejected as unsure. Rows
of out-of-distribution drawings hold the share accepted; ideally it is 0.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from msgspec.structs import replace
from rich.table import Table

from kakitori.confidence import REJECTION_FACTOR, Predictor, best_probabilities, is_unsure
from kakitori.ink import to_tensor
from kakitori.schemas.evaluation import ConfidenceRow, OutOfDistributionRow
from kakitori.spec import ModelSpec
from training.data.prepared import TEST
from training.evaluation.accuracy import ALL, BATCH
from training.evaluation.metrics import calibration_error_percent, reliability
from training.evaluation.samples import Sample
from training.ink.out_of_distribution import looks_like_class, outliers
from training.progress.display import track

OUTSIDE = -1  # the label of a character outside the charset
COMPARED_AT = 0.01  # share of ink of the charset that each score rejects when scores are compared
PROBABILITY = "probability"

# Candidate rejection scores: functions of logits (N, K) and the temperature to (N,), larger for more certain answers.
SCORES: dict[str, Callable[[np.ndarray, float], np.ndarray]] = {
    PROBABILITY: best_probabilities,
    # The rejection score of `kakitori.confidence`.
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
    """What is kept of the logits of N images; all arrays are (N,)."""

    best: np.ndarray  # class indices
    plain: np.ndarray  # probabilities of the best classes at temperature 1
    unsure: np.ndarray  # bool
    scores: dict[str, np.ndarray]  # by the names of SCORES

    @property
    def probabilities(self) -> np.ndarray:
        """The calibrated probabilities of the best classes, (N,)."""
        return self.scores[PROBABILITY]


def read_images(images: Iterable[np.ndarray], spec: ModelSpec, predict: Predictor) -> ScoredAnswers:
    """Return the scored answers to images (H, W), coverage in [0, 1], read batch by batch."""
    remaining, confidence = iter(images), spec.confidence
    best, plain, unsure, scores = [], [], [], []
    while batch := list(islice(remaining, BATCH)):
        logits = predict(to_tensor(np.stack(batch)))
        best.append(logits.argmax(axis=1))
        plain.append(best_probabilities(logits, 1))
        unsure.append(is_unsure(logits, confidence))
        scores.append([score(logits, confidence.temperature) for score in SCORES.values()])
    by_name = dict(zip(SCORES, np.concatenate(scores, axis=1), strict=True))
    return ScoredAnswers(np.concatenate(best), np.concatenate(plain), np.concatenate(unsure), by_name)


def confidence_rows(
    samples: Iterable[Sample], spec: ModelSpec, predict: Predictor
) -> tuple[list[ConfidenceRow], ScoredAnswers]:
    """Return a row for every source, a last one for several together, and the scored answers.

    Characters outside the charset that are written like one of its classes are left out. The last row has the
    reliability diagram of all answers to characters of the charset.
    """
    charset = spec.get_charset()
    labels: list[int] = []
    sources: list[str] = []

    def images() -> Iterator[np.ndarray]:
        for sample in track(samples, "Measuring confidence", unit="images"):
            is_known = sample.char in charset
            if is_known or not looks_like_class(sample.char, charset):
                labels.append(charset.index(sample.char) if is_known else OUTSIDE)
                sources.append(sample.source)
                yield sample.coverage

    reading = read_images(images(), spec, predict)
    classes, origin = np.array(labels), np.array(sources)
    groups = {name: origin == name for name in dict.fromkeys(sources)}
    groups |= {ALL: np.ones(len(origin), bool)} if len(groups) > 1 else {}
    rows = [confidence_row(name, reading, classes, chosen) for name, chosen in groups.items()]
    known = classes != OUTSIDE
    diagram = reliability(reading.probabilities[known], (reading.best == classes)[known])
    return [*rows[:-1], replace(rows[-1], reliability=diagram)], reading


def confidence_row(name: str, reading: ScoredAnswers, labels: np.ndarray, chosen: np.ndarray) -> ConfidenceRow:
    """Return the row of a group, `chosen` (N,) bool of all samples; labels (N,) are class indices or OUTSIDE."""
    known, outside = chosen & (labels != OUTSIDE), chosen & (labels == OUTSIDE)
    figures: dict[str, Any] = {}
    if known.any():
        is_right = (reading.best == labels)[known]
        figures = {
            "right_percent": percent(is_right),
            "probability_percent": percent(reading.probabilities[known]),
            "ece_percent": calibration_error_percent(reading.probabilities[known], is_right),
            "ece_uncalibrated_percent": calibration_error_percent(reading.plain[known], is_right),
            "unsure_percent": percent(reading.unsure[known]),
        }
    if outside.any():
        figures["outside_accepted_percent"] = percent(~reading.unsure[outside])
    return ConfidenceRow(source=name, characters=int(known.sum()), outside_charset=int(outside.sum()), **figures)


def outlier_rows(own: ScoredAnswers, spec: ModelSpec, predict: Predictor) -> list[OutOfDistributionRow]:
    """Return, for every kind of out-of-distribution drawing, the share accepted, now and by each score.

    Args:
        own: the scored answers to ink of the charset; each score's threshold rejects a share of COMPARED_AT of it.
        spec: of the model.
        predict: the model.
    """
    limits = {name: np.quantile(values, COMPARED_AT) for name, values in own.scores.items()}
    rows = []
    for kind, images in outliers(spec.get_charset(), spec.size, TEST):
        reading = read_images(images / np.float32(255), spec, predict)
        rows.append(OutOfDistributionRow(
            kind=kind,
            images=len(images),
            accepted_percent=percent(~reading.unsure),
            scores_accepted_percent={n: percent(reading.scores[n] >= limit) for n, limit in limits.items()},
        ))  # fmt: skip
    return rows


def percent(shares: np.ndarray) -> float:
    """Return the mean of shares (N,) in percent, rounded to two decimals."""
    return round(100 * float(np.mean(shares)), 2)


def confidence_table(rows: list[ConfidenceRow]) -> Table:
    """Return the rows as a table for a terminal."""
    columns = {
        "characters": "characters", "right_percent": "correct, %", "probability_percent": "mean probability, %",
        "ece_percent": "ECE, %", "ece_uncalibrated_percent": "ECE without temperature, %",
        "unsure_percent": "unsure, %",
        "outside_charset": "outside charset", "outside_accepted_percent": "of those accepted, %",
    }  # fmt: skip
    table = Table("source")
    for heading in columns.values():
        table.add_column(heading, justify="right")
    for row in rows:
        values = [getattr(row, name) for name in columns]
        table.add_row(row.source, *("" if value is None else f"{value:,}" for value in values))
    return table


def outliers_table(rows: list[OutOfDistributionRow]) -> Table:
    """Return the rows as a table for a terminal."""
    table = Table("kind")
    for heading in ("images", "accepted, %", *(f"by {name}, %" for name in SCORES)):
        table.add_column(heading, justify="right")
    for row in rows:
        scores = (f"{row.scores_accepted_percent[name]:.1f}" for name in SCORES)
        table.add_row(row.kind, f"{row.images:,}", f"{row.accepted_percent:.1f}", *scores)
    return table
