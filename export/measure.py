"""Measure a model's weights, or one of its exported files, on evaluation sets: any engine, the same figures.

Needs:  a model directory; for a variant, its file
Run:    invoke evaluate --strokes FILE.jsonl.gz [--variant strict.int8]
Writes: models/<name>/evaluation.json, README.md (the model card)
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import torch
from rich.console import Console

from export.engine import ENGINE, onnx_predictor
from export.manifest import find_row, read_manifest
from export.report import write_card
from training.checkpoint import load_network
from training.data.prepared import open_prepared
from training.data.registry import JOIN, find_prepared
from training.errors import KakitoriError
from training.evaluate import (
    Predictor,
    Sample,
    evaluate,
    evaluate_prepared,
    generated_samples,
    network_predictor,
    picture_samples,
    record_results,
    results_table,
    stroke_samples,
)
from training.spec import INK_CHARSETS, ModelSpec, read_spec

WEIGHTS_VARIANT = "pytorch"
Rows = list[dict[str, Any]]


def measure_accuracy(
    model_dir: Path, variant: str | None, stroke_files: Iterable[Path], folders: Iterable[Path], dataset: str | None
) -> None:
    """Evaluate on every set named, print a table each, and record them in the model's `evaluation.json`.

    Raises:
        KakitoriError: for a model, variant or set that cannot be used, or if no set is named.
    """
    spec = read_spec(model_dir)
    predict, engine = open_variant(model_dir, variant)
    sets = list(evaluation_sets(spec, stroke_files, folders, dataset))
    if not sets:
        raise KakitoriError("Nothing to evaluate on: name --strokes FILE, --images DIR or --dataset NAME.")
    for name, measure in sets:
        rows = measure(predict)
        Console().print(results_table(rows, f"{name}, {variant or WEIGHTS_VARIANT} in {engine}"))
        record_results(rows, name, variant or WEIGHTS_VARIANT, engine, model_dir)
    write_card(model_dir)


def open_variant(model_dir: Path, variant: str | None) -> tuple[Predictor, str]:
    """Return a predictor for an exported variant, or for the weights if None, and the engine's name and version."""
    if variant is None:
        _, network = load_network(model_dir)
        return network_predictor(network), f"torch {torch.__version__}"
    row = find_row(read_manifest(model_dir), variant)
    return onnx_predictor(model_dir / row["file"]), ENGINE


def evaluation_sets(
    spec: ModelSpec, stroke_files: Iterable[Path], folders: Iterable[Path], dataset: str | None
) -> Iterator[tuple[str, Callable[[Predictor], Rows]]]:
    """Yield the name of each evaluation set and what measures a predictor on it; a mixed data set is several."""
    charset = spec.get_charset()

    def on_samples(load: Callable[..., list[Sample]], *arguments: Path) -> Callable[[Predictor], Rows]:
        return lambda predict: evaluate(load(*arguments, spec), charset, predict)

    for path in stroke_files:
        yield path.name, on_samples(stroke_samples, path)
    for folder in folders:
        yield folder.name, on_samples(picture_samples, folder)
    for name in dataset.split(JOIN) if dataset else ():
        if name in INK_CHARSETS:
            yield name, on_samples(generated_samples)
        else:
            prepared = open_prepared(find_prepared(name, spec.size))
            yield name, lambda predict, prepared=prepared: evaluate_prepared(prepared, charset, predict)
