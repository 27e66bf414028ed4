"""Read samples with a predictor, batch by batch, and measure accuracy by source and writer."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from rich.table import Table

from kakitori.charset import Charset
from kakitori.confidence import Predictor, softmax
from kakitori.errors import DataError
from kakitori.ink import to_tensor
from kakitori.schemas.evaluation import AccuracyRow
from training.data.prepared import PreparedSet
from training.data.stored import classes_in
from training.evaluation.metrics import FIGURES, balanced_percent, ranks, top_k_percent
from training.evaluation.samples import Sample
from training.progress.display import Bar, track

BATCH = 256  # images in memory at a time
BEST = 3  # classes that an Answer keeps
MOST_WRITERS = 40  # sets with more writers get one row for all of them
ALL = "all"  # in a row: of every source, or of every writer


@dataclass(frozen=True)
class Answer:
    """A sample, its class index, and the most probable classes, best first, with their probabilities; both (BEST,)."""

    sample: Sample
    label: int
    best: np.ndarray
    probabilities: np.ndarray

    @property
    def is_right(self) -> bool:
        """Whether the most probable class is the sample's."""
        return int(self.best[0]) == self.label


def answers(
    samples: Iterable[Sample], charset: Charset, predict: Predictor, temperature: float = 1.0
) -> Iterator[Answer]:
    """Yield the answer to each sample whose character is in the charset, in order; batches are read lazily."""
    known = (sample for sample in track(samples, "Reading images", unit="images") if sample.char in charset)
    while batch := list(islice(known, BATCH)):
        logits = predict(to_tensor(np.stack([sample.coverage for sample in batch])))
        best = np.argsort(-logits, axis=1, kind="stable")[:, :BEST]
        probabilities = np.take_along_axis(softmax(logits, temperature), best, axis=1)
        for sample, classes, of_classes in zip(batch, best, probabilities, strict=True):
            yield Answer(sample, charset.index(sample.char), classes, of_classes)


def evaluate(samples: list[Sample], charset: Charset, predict: Predictor) -> list[AccuracyRow]:
    """Return a row for each (source, writer), for each source with several writers, and for several sources together.

    Samples whose character is not in the charset are left out and counted in `outside_charset`.

    Raises:
        DataError: if no sample is left.
    """
    known = np.array([sample.char in charset for sample in samples], bool)
    readable = [sample for sample in samples if sample.char in charset]
    check_not_empty(known, charset)
    labels = np.array([charset.index(sample.char) for sample in readable])
    batches = (np.stack([s.coverage for s in readable[i : i + BATCH]]) for i in range(0, len(readable), BATCH))
    places = read_all(batches, labels, predict)
    pairs = [(sample.source, sample.writer) for sample in samples]
    return [AccuracyRow(**counts, **top_k_percent(places[chosen])) for counts, chosen in group_rows(pairs, known)]


def evaluate_prepared(prepared: PreparedSet, charset: Charset, predict: Predictor) -> list[AccuracyRow]:
    """Return rows as `evaluate` over the test images of a prepared set, read from the disk batch by batch.

    The rows have `balanced_percent`, the mean over classes of top-1, for sets with uneven classes.

    Raises:
        DataError: if the set has no test image of a character in the charset.
    """
    rows = prepared.rows("test")
    labels = classes_in(prepared.charset, charset)[prepared.labels[rows]]
    known = labels >= 0
    check_not_empty(known, charset)
    readable, labels = rows[known], labels[known]
    batches = (prepared.images[readable[i : i + BATCH]] / np.float32(255) for i in range(0, len(readable), BATCH))
    places = read_all(batches, labels, predict)
    numbers = prepared.writers[rows]
    few = len(np.unique(numbers)) <= MOST_WRITERS
    names = prepared.metadata.writer_names  # of fonts
    writers = [("unknown" if n < 0 else names[n] if names else f"writer {n}") if few else ALL for n in numbers]
    pairs = [(prepared.metadata.name, writer) for writer in writers]
    return [
        AccuracyRow(
            **counts, **top_k_percent(places[chosen]), balanced_percent=balanced_percent(places[chosen], labels[chosen])
        )
        for counts, chosen in group_rows(pairs, known)
    ]


def check_not_empty(known: np.ndarray, charset: Charset) -> None:
    """Raise DataError if none of the samples (N,) bool is of a character in the charset."""
    if not known.any():
        raise DataError(f"None of the {len(known)} samples is a character of charset {charset.name!r}.")


def read_all(batches: Iterable[np.ndarray], labels: np.ndarray, predict: Predictor) -> np.ndarray:
    """Return the rank of the label of each image of the batches (n, H, W), (N,) int64; 0 is the best."""
    found: list[np.ndarray] = []
    with Bar("Reading images", len(labels), "images") as bar:
        for batch, start in zip(batches, range(0, len(labels), BATCH), strict=True):
            found.append(ranks(predict(to_tensor(batch)), labels[start : start + BATCH]))
            bar.advance(len(batch))
    return np.concatenate(found)


def group_rows(pairs: list[tuple[str, str]], known: np.ndarray) -> Iterator[tuple[dict[str, Any], np.ndarray]]:
    """Yield the names and counts of each group's row, and which (n,) bool of the known samples are in it.

    Args:
        pairs: source and writer of each of N samples.
        known: (N,) bool, whether its character is in the charset.
    """
    sources, writers = (np.array(names) for names in zip(*pairs, strict=True))
    known_pairs = [pair for pair, is_known in zip(pairs, known, strict=True) if is_known]
    for source, writer in _groups(known_pairs):
        is_in = ((sources == source) | (source == ALL)) & ((writers == writer) | (writer == ALL))
        count = int((is_in & known).sum())
        counts = {"characters": count, "outside_charset": int(is_in.sum()) - count}
        yield {"source": source, "writer": writer, **counts}, is_in[known]


def _groups(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the distinct pairs in order; ALL follows the writers of a source, and the sources, where several."""
    distinct = list(dict.fromkeys(pairs))
    sources = list(dict.fromkeys(source for source, _ in distinct))
    groups: list[tuple[str, str]] = []
    for source in sources:
        writers = [writer for s, writer in distinct if s == source]
        groups += [(source, writer) for writer in writers]
        groups += [(source, ALL)] if len(writers) > 1 else []
    return groups + ([(ALL, ALL)] if len(sources) > 1 else [])


def results_table(rows: list[AccuracyRow]) -> Table:
    """Return the rows as a table for a terminal."""
    figures = [name for name in FIGURES if any(getattr(row, name) is not None for row in rows)]
    table = Table("source", "writer")
    for heading in ("characters", "outside charset", *(f"{FIGURES[name]}, %" for name in figures)):
        table.add_column(heading, justify="right", overflow="fold")
    for row in rows:
        counts = [f"{row.characters:,}", f"{row.outside_charset:,}"]
        table.add_row(row.source, row.writer, *counts, *(f"{getattr(row, name):.2f}" for name in figures))
    return table
