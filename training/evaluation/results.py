"""evaluation.json: the rows of every measure, evaluation set and variant of a model."""

import time
from pathlib import Path
from typing import Any

from kakitori.files import read_json, write_json

RESULTS_FILE = "evaluation.json"
# What an entry measures; one that does not say so measures accuracy.
ACCURACY, CONFUSABLES, CORRUPTIONS = "accuracy", "confusables", "corruptions"
CONFIDENCE, OUT_OF_DISTRIBUTION = "confidence", "out_of_distribution"


def record_results(
    rows: list[dict[str, Any]], name: str, variant: str, engine: str, model_dir: Path, measure: str = ACCURACY
) -> None:
    """Put a measure's rows for an evaluation set and variant into the model's `evaluation.json`, for older ones."""
    path = model_dir / RESULTS_FILE
    entries = read_json(path) if path.exists() else []
    entry = {
        "set": name, "variant": variant, "measure": measure, "engine": engine, "date": time.strftime("%Y-%m-%d"),
        "rows": rows,
    }  # fmt: skip
    kept = {entry_key(e): e for e in entries} | {entry_key(entry): entry}
    write_json(path, [kept[key] for key in sorted(kept)])


def entry_key(entry: dict[str, Any]) -> tuple[str, str, str]:
    """Return what there is one entry of in `evaluation.json`: a measure, set and variant."""
    return entry.get("measure", ACCURACY), entry["set"], entry["variant"]


def of_measure(entries: list[dict[str, Any]], measure: str) -> list[dict[str, Any]]:
    """Return the entries of `evaluation.json` of one measure."""
    return [entry for entry in entries if entry.get("measure", ACCURACY) == measure]
