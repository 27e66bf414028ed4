"""evaluation.json: reading it, and replacing the entry of a measure, set and variant."""

import time
from pathlib import Path
from typing import Any, TypeVar

from kakitori.schemas.evaluation import Entry, EvaluationEntry
from kakitori.schemas.reader import read_document, write_document

RESULTS_FILE = "evaluation.json"
KIND: Any = list[EvaluationEntry]  # of the document
E = TypeVar("E", bound=Entry)


def read_results(folder: Path) -> list[EvaluationEntry]:
    """Return the entries of the folder's evaluation.json; none if there is no such file.

    Raises:
        KakitoriError: if the file does not fit its schema.
    """
    path = folder / RESULTS_FILE
    return read_document(path, KIND) if path.exists() else []


def record_results(kind: type[E], rows: list[Any], name: str, variant: str, engine: str, folder: Path) -> None:
    """Write rows of one measure to the folder's evaluation.json, in place of those of the same set and variant.

    Args:
        kind: the measure, a class of `kakitori.schemas.evaluation`.
        rows: its rows.
        name: of the evaluation set.
        variant: of the model.
        engine: name and version.
        folder: a model directory, or another folder for results; it is made if missing.

    Raises:
        KakitoriError: if the file or the rows do not fit their schema; nothing is written.
    """
    make: Any = kind  # every kind has these fields
    entry = make(set=name, variant=variant, engine=engine, date=time.strftime("%Y-%m-%d"), rows=rows)
    kept = {old.key: old for old in read_results(folder)} | {entry.key: entry}
    write_document(folder / RESULTS_FILE, [kept[key] for key in sorted(kept)], KIND)


def of_measure(entries: list[EvaluationEntry], kind: type[E]) -> list[E]:
    """Return the entries of one measure."""
    return [entry for entry in entries if isinstance(entry, kind)]


def engines_of(entries: list[E]) -> str:
    """Return the engines and dates of the entries, "engine, date; engine, date"."""
    return "; ".join(sorted({f"{entry.engine}, {entry.date}" for entry in entries}))
