"""Accuracy on drawings under each corruption. Shows a progress bar."""

from collections.abc import Iterator, Sequence

import numpy as np
from rich.table import Table

from kakitori.confidence import Predictor
from kakitori.errors import DataError
from kakitori.ink import to_tensor
from kakitori.schemas.evaluation import CorruptionRow
from kakitori.spec import ModelSpec
from kakitori.stroke_files import Drawing
from training.evaluation.accuracy import ALL, BATCH
from training.evaluation.corruptions import CORRUPTIONS, UNCORRUPTED, Corruption, corrupted_image
from training.evaluation.metrics import ranks, top_k_percent
from training.progress.display import track


def corruption_rows(
    drawings: Sequence[Drawing], spec: ModelSpec, predict: Predictor, table: Sequence[Corruption] = CORRUPTIONS
) -> list[CorruptionRow]:
    """Return a row for every corruption and source, and for all sources together if there are several.

    Drawings of characters outside the model's charset are left out.

    Raises:
        DataError: if no drawing is of a character in the charset.
    """
    charset = spec.get_charset()
    known = [drawing for drawing in drawings if drawing.char in charset]
    if not known:
        raise DataError(f"None of the {len(drawings)} drawings is of a character of charset {charset.name!r}.")
    sources = np.array([drawing.source for drawing in known])
    _, plain = read_corrupted(known, UNCORRUPTED, spec, predict)
    rows = []
    for corruption in track(table, "Corrupting", unit="corruptions"):
        kept, places = read_corrupted(known, corruption, spec, predict)
        for source, chosen in _by_source(sources[kept]):
            rows.append(CorruptionRow(
                corruption=corruption.name,
                source=source,
                characters=int(chosen.sum()),
                **top_k_percent(places[chosen]),
                clean_top1_percent=top_k_percent(plain[kept][chosen])["top1_percent"],
            ))  # fmt: skip
    return rows


def read_corrupted(
    drawings: Sequence[Drawing], corruption: Corruption, spec: ModelSpec, predict: Predictor
) -> tuple[np.ndarray, np.ndarray]:
    """Return the indices of the drawings that the corruption applies to, (M,) int64, and their labels' ranks, (M,)."""
    charset = spec.get_charset()
    kept, places = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for start in range(0, len(drawings), BATCH):
        part = drawings[start : start + BATCH]
        images = [corrupted_image(drawing.strokes, drawing.line, corruption, spec) for drawing in part]
        chosen = np.array([i for i, image in enumerate(images) if image is not None], np.int64)
        if len(chosen):
            labels = np.array([charset.index(part[i].char) for i in chosen])
            kept.append(start + chosen)
            places.append(ranks(predict(to_tensor(np.stack([images[i] for i in chosen]))), labels))
    return np.concatenate(kept), np.concatenate(places)


def _by_source(sources: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Yield each source and which of the drawings (M,) are of it, (M,) bool; ALL last, if there are several."""
    distinct = list(dict.fromkeys(sources.tolist()))
    for source in distinct:
        yield source, sources == source
    if len(distinct) > 1:
        yield ALL, np.ones(len(sources), bool)


def corruptions_table(rows: list[CorruptionRow]) -> Table:
    """Return the rows as a table for a terminal."""
    table = Table("corruption", "source")
    for heading in ("characters", "top-1, %", "points lost", "top-5, %"):
        table.add_column(heading, justify="right")
    for row in rows:
        lost = row.clean_top1_percent - row.top1_percent
        figures = [f"{row.top1_percent:.2f}", f"{lost:+.2f}", f"{row.top5_percent:.2f}"]
        table.add_row(row.corruption, row.source, f"{row.characters:,}", *figures)
    return table
