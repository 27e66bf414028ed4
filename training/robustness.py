"""How well drawings are read under the disturbances of `training.disturb`. Prints nothing but a progress bar."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from rich.progress import track
from rich.table import Table

from training.data.stroke_files import Drawing
from training.disturb import DISTURBANCES, UNDISTURBED, Disturbance, disturbed_image
from training.errors import DataError
from training.evaluate import BATCH, Predictor
from training.ink import to_tensor
from training.metrics import ranks, top_k_percent
from training.spec import ModelSpec

Rows = list[dict[str, Any]]
ALL = "all"  # the source of the rows over several sources


def disturbed_rows(
    drawings: Sequence[Drawing], spec: ModelSpec, predict: Predictor, table: Sequence[Disturbance] = DISTURBANCES
) -> Rows:
    """Return a row for every disturbance and source, and for all sources where there are several.

    `characters` counts the drawings that the disturbance applies to, and `undisturbed_top1_percent` is of just these.
    Drawings of characters that the model does not have are left out.

    Raises:
        DataError: if no drawing is of a character in the charset.
    """
    charset = spec.get_charset()
    known = [drawing for drawing in drawings if drawing.char in charset]
    if not known:
        raise DataError(f"None of the {len(drawings)} drawings is of a character of charset {charset.name!r}.")
    sources = np.array([drawing.source for drawing in known])
    _, plain = read_disturbed(known, UNDISTURBED, spec, predict)
    rows: Rows = []
    for disturbance in track(table, "Disturbing", transient=True):
        kept, places = read_disturbed(known, disturbance, spec, predict)
        for source, chosen in _by_source(sources[kept]):
            counts = {"disturbance": disturbance.name, "source": source, "characters": int(chosen.sum())}
            before = top_k_percent(plain[kept][chosen])["top1_percent"]
            rows.append(counts | top_k_percent(places[chosen]) | {"undisturbed_top1_percent": before})
    return rows


def read_disturbed(
    drawings: Sequence[Drawing], disturbance: Disturbance, spec: ModelSpec, predict: Predictor
) -> tuple[np.ndarray, np.ndarray]:
    """Return which drawings the disturbance applies to, (M,) int64, and the place of the label of each, (M,)."""
    charset = spec.get_charset()
    kept, places = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for start in range(0, len(drawings), BATCH):
        part = drawings[start : start + BATCH]
        images = [disturbed_image(drawing.strokes, drawing.line, disturbance, spec) for drawing in part]
        chosen = np.array([i for i, image in enumerate(images) if image is not None], np.int64)
        if len(chosen):
            labels = np.array([charset.index(part[i].char) for i in chosen])
            kept.append(start + chosen)
            places.append(ranks(predict(to_tensor(np.stack([images[i] for i in chosen]))), labels))
    return np.concatenate(kept), np.concatenate(places)


def _by_source(sources: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Yield each source of the drawings (M,) and which are of it, (M,) bool; all of them last, where several."""
    distinct = list(dict.fromkeys(sources.tolist()))
    for source in distinct:
        yield source, sources == source
    if len(distinct) > 1:
        yield ALL, np.ones(len(sources), bool)


def disturbances_table(rows: Rows) -> Table:
    """Return the rows as a table for a terminal."""
    table = Table("disturbance", "source")
    for heading in ("characters", "top-1, %", "points lost", "top-5, %"):
        table.add_column(heading, justify="right")
    for row in rows:
        lost = row["undisturbed_top1_percent"] - row["top1_percent"]
        figures = [f"{row['top1_percent']:.2f}", f"{lost:+.2f}", f"{row['top5_percent']:.2f}"]
        table.add_row(row["disturbance"], row["source"], f"{row['characters']:,}", *figures)
    return table
