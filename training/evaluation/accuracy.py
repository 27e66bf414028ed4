"""Measure a model on stroke files, folders of pictures, generated ink, or prepared sets, by source and writer.

Needs:  a model directory
Run:    invoke evaluate --strokes FILE.jsonl.gz
Writes: models/<name>/evaluation.json, one entry for each measure, evaluation set and variant
"""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from rich.progress import track
from rich.table import Table

from kakitori.charset import Charset
from kakitori.confidence import Predictor
from kakitori.errors import DataError
from kakitori.ink import to_tensor
from training.data.prepared import PreparedSet
from training.data.stored import classes_in
from training.evaluation.metrics import FIGURES, balanced_percent, ranks, top_k_percent
from training.evaluation.samples import Sample

BATCH = 256
MOST_WRITERS = 40  # that get a row each


def evaluate(samples: list[Sample], charset: Charset, predict: Predictor) -> list[dict[str, Any]]:
    """Return a row each for every (source, writer), for all of a source with several writers, and for everything.

    A sample whose character is not in the charset cannot be read: it is left out and counted in `outside_charset`.

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
    return [row | top_k_percent(places[chosen]) for row, chosen in group_rows(pairs, known)]


def evaluate_prepared(prepared: PreparedSet, charset: Charset, predict: Predictor) -> list[dict[str, Any]]:
    """Return rows as `evaluate`, over every test image of a prepared set once, read from the disk batch by batch.

    `balanced_percent` is the mean over classes of the share read rightly: the figure for sets with uneven classes.

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
    writers = [("unknown" if n < 0 else names[n] if names else f"writer {n}") if few else "all" for n in numbers]
    pairs = [(prepared.metadata.name, writer) for writer in writers]
    return [
        row | top_k_percent(places[chosen]) | {"balanced_percent": balanced_percent(places[chosen], labels[chosen])}
        for row, chosen in group_rows(pairs, known)
    ]


def check_not_empty(known: np.ndarray, charset: Charset) -> None:
    """Raise DataError unless one of the samples (N,) bool is known to the charset."""
    if not known.any():
        raise DataError(f"None of the {len(known)} samples is a character of charset {charset.name!r}.")


def read_all(batches: Iterable[np.ndarray], labels: np.ndarray, predict: Predictor) -> np.ndarray:
    """Return at which place the label of each image of the batches (n, H, W) stands, (N,)."""
    parts = track((predict(to_tensor(batch)) for batch in batches), "Reading", -(-len(labels) // BATCH), transient=True)
    starts = range(0, len(labels), BATCH)
    return np.concatenate([ranks(part, labels[i : i + BATCH]) for part, i in zip(parts, starts, strict=True)])


def group_rows(pairs: list[tuple[str, str]], known: np.ndarray) -> Iterator[tuple[dict[str, Any], np.ndarray]]:
    """Yield the beginning of each group's row, and which (n,) bool of the known samples are in it."""
    sources, writers = (np.array(names) for names in zip(*pairs, strict=True))
    known_pairs = [pair for pair, is_known in zip(pairs, known, strict=True) if is_known]
    for source, writer in _groups(known_pairs):
        is_in = ((sources == source) | (source == "all")) & ((writers == writer) | (writer == "all"))
        count = int((is_in & known).sum())
        facts = {"characters": count, "outside_charset": int(is_in.sum()) - count}
        yield {"source": source, "writer": writer, **facts}, is_in[known]


def _groups(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the distinct pairs in order; "all" follows the writers of a source, and the sources, where several."""
    distinct = list(dict.fromkeys(pairs))
    sources, groups = list(dict.fromkeys(source for source, _ in distinct)), []
    for source in sources:
        writers = [writer for s, writer in distinct if s == source]
        groups += [(source, writer) for writer in writers]
        groups += [(source, "all")] if len(writers) > 1 else []
    return groups + ([("all", "all")] if len(sources) > 1 else [])


def results_table(rows: list[dict[str, Any]]) -> Table:
    """Return the rows as a table for a terminal."""
    table = Table()
    figures = {name: f"{heading}, %" for name, heading in FIGURES.items() if any(name in row for row in rows)}
    headings = ["source", "writer", "characters", "outside charset", *figures.values()]
    for heading in headings:
        table.add_column(heading, justify="left" if heading in ("source", "writer") else "right", overflow="fold")
    for row in rows:
        counts = [f"{row['characters']:,}", f"{row['outside_charset']:,}"]
        table.add_row(row["source"], row["writer"], *counts, *(f"{row[name]:.2f}" for name in figures))
    return table
