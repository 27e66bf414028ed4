"""Measure a model's weights, or one of its exported files, on evaluation sets: any engine, the same figures.

Needs:  a model directory; for a variant, its file
Run:    invoke evaluate --strokes FILE.jsonl.gz [--variant strict.int8] [--corruptions] [--confusables] [--confidence]
        [--errors FOLDER]
Writes: models/<name>/evaluation.json, README.md (the model card); with --errors a picture and a table for each set
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.table import Table

from export.manifest import find_row
from export.report.tables import write_card
from kakitori.confidence import Predictor
from kakitori.engine import ENGINE, onnx_predictor
from kakitori.errors import KakitoriError
from kakitori.model_directory import file_in, open_model
from kakitori.spec import INK_CHARSETS, ModelSpec, read_spec
from kakitori.stroke_files import read_stroke_file
from training.data.prepared import open_prepared
from training.data.registry import JOIN, find_prepared
from training.evaluation.accuracy import evaluate, evaluate_prepared, results_table
from training.evaluation.answers import answers
from training.evaluation.confusables import confusable_rows, confusables_table, member_samples
from training.evaluation.error_sheet import MOST, write_errors
from training.evaluation.reliability import confidence_rows, confidence_table, outlier_rows, outliers_table
from training.evaluation.results import (
    ACCURACY,
    CONFIDENCE,
    CONFUSABLES,
    CORRUPTIONS,
    OUT_OF_DISTRIBUTION,
    record_results,
)
from training.evaluation.robustness import corruption_rows, corruptions_table
from training.evaluation.samples import Sample, generated_samples, picture_samples, prepared_samples, stroke_samples
from training.models.weights import load_network, network_predictor

WEIGHTS_VARIANT = "pytorch"
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Further:
    """What is measured besides accuracy: corruptions, groups of like characters, confidence; where error sheets go."""

    corruptions: bool = False
    confusables: bool = False
    confidence: bool = False
    errors: Path | None = None


@dataclass(frozen=True)
class EvaluationSet:
    """A named set: what loads its samples and those of confusable characters, and its stroke file if it is one."""

    name: str
    samples: Callable[[], Iterable[Sample]]
    members: Callable[[], Iterable[Sample]]
    accuracy: Callable[[Predictor], Rows]
    strokes: Path | None = None


def measure_accuracy(
    model_dir: Path, variant: str | None, stroke_files: Iterable[Path], folders: Iterable[Path], dataset: str | None,
    further: Further = Further(),
) -> None:  # fmt: skip
    """Evaluate on every set named, print a table each, and record them in the model's `evaluation.json`.

    Raises:
        KakitoriError: for a model, variant or set that cannot be used, if no set is named, or none to corruptions.
    """
    spec = read_spec(model_dir)
    predict, engine = open_variant(model_dir, variant)
    sets = list(evaluation_sets(spec, stroke_files, folders, dataset))
    if not sets:
        raise KakitoriError("Nothing to evaluate on: name --strokes FILE, --images DIR or --dataset NAME.")
    if further.corruptions and not any(one.strokes for one in sets):
        raise KakitoriError("--corruptions changes strokes: name a stroke file with --strokes FILE.")
    measured_as = variant or WEIGHTS_VARIANT
    for one in sets:
        for measure, rows, table in measure_set(one, spec, predict, further):
            table.title = f"{one.name}, {measured_as} in {engine}: {measure}"
            Console().print(table)
            record_results(rows, one.name, measured_as, engine, model_dir, measure)
        if further.errors:
            show_errors(one, spec, predict, further.errors / f"{one.name.split('.')[0]}.{measured_as}.png")
    write_card(model_dir)


def measure_set(
    one: EvaluationSet, spec: ModelSpec, predict: Predictor, further: Further
) -> Iterator[tuple[str, Rows, Table]]:
    """Yield the name of every measure that is asked for, its rows, and a table of them."""
    rows = one.accuracy(predict)
    yield ACCURACY, rows, results_table(rows)
    if further.confusables:
        rows = confusable_rows(answers(one.members(), spec.get_charset(), predict), spec.get_charset())
        yield CONFUSABLES, rows, confusables_table(rows)
    if further.confidence:
        rows, reading = confidence_rows(one.samples(), spec, predict)
        yield CONFIDENCE, rows, confidence_table(rows)
        if one.name in INK_CHARSETS:
            rows = outlier_rows(reading, spec, predict)
            yield OUT_OF_DISTRIBUTION, rows, outliers_table(rows)
    if further.corruptions and one.strokes:
        rows = corruption_rows(read_stroke_file(one.strokes), spec, predict)
        yield CORRUPTIONS, rows, corruptions_table(rows)


def show_errors(one: EvaluationSet, spec: ModelSpec, predict: Predictor, path: Path) -> None:
    """Write the sheet of a set's misread samples to `path`, and say so."""
    charset = spec.get_charset()
    answered = answers(one.samples(), charset, predict, spec.confidence.temperature)
    misread = [answer for answer in answered if not answer.is_right]
    write_errors(misread, charset, path)
    shown = f"the {MOST} most surely misread of them" if len(misread) > MOST else "all"
    print(f"{path}: {len(misread):,} misread, {shown} shown; listed in {path.with_suffix('.csv').name}.")


def open_variant(model_dir: Path, variant: str | None) -> tuple[Predictor, str]:
    """Return a predictor for an exported variant, or for the weights if None, and the engine's name and version."""
    if variant is None:
        _, network = load_network(model_dir)
        return network_predictor(network), f"torch {torch.__version__}"
    row = find_row(open_model(model_dir).manifest, variant)
    return onnx_predictor(file_in(model_dir, row.file)), ENGINE


def evaluation_sets(
    spec: ModelSpec, stroke_files: Iterable[Path], folders: Iterable[Path], dataset: str | None
) -> Iterator[EvaluationSet]:
    """Yield the evaluation sets that are named; a mixed data set is several."""
    charset = spec.get_charset()

    def of_samples(
        name: str, load: Callable[[], list[Sample]], members: Callable | None = None, strokes: Path | None = None
    ) -> EvaluationSet:
        return EvaluationSet(name, load, members or load, lambda predict: evaluate(load(), charset, predict), strokes)

    for path in stroke_files:
        yield of_samples(path.name, partial(stroke_samples, path, spec), strokes=path)
    for folder in folders:
        yield of_samples(folder.name, partial(picture_samples, folder, spec))
    for name in dataset.split(JOIN) if dataset else ():
        if name in INK_CHARSETS:
            yield of_samples(name, partial(generated_samples, spec), partial(member_samples, spec))
        else:
            prepared = open_prepared(find_prepared(name, spec.size))
            samples = partial(prepared_samples, prepared)
            yield EvaluationSet(name, samples, samples, partial(evaluate_prepared, prepared, charset))
