"""Measure a model's weights, or one of its exported files, on named evaluation sets.

Needs:  a model directory; for a variant, its file
Run:    invoke evaluate --strokes [NAME=]FILE.jsonl.gz [--variant strict.int8] [--corruptions] [--confusables]
        [--confidence] [--errors FOLDER]
Writes: models/<name>/evaluation.json and the documents of `write_reports`; for pictures without --record instead
        runs/evaluation/<name>/evaluation.json and an error sheet; with --errors an error sheet for each set
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import torch
from rich.table import Table

from export.report.documents import write_reports
from kakitori.confidence import Predictor
from kakitori.engine import ENGINE, onnx_predictor
from kakitori.errors import KakitoriError
from kakitori.model_directory import open_model, variant_file
from kakitori.schemas.evaluation import (
    AccuracyEntry,
    AccuracyRow,
    ConfidenceEntry,
    ConfusablesEntry,
    CorruptionsEntry,
    Entry,
    OutOfDistributionEntry,
)
from kakitori.spec import INK_CHARSETS, ModelSpec, read_spec
from kakitori.stroke_files import read_stroke_file
from training.data.prepared import open_prepared
from training.data.published.pictures import find_pictures, list_first
from training.data.registry import JOIN, find_prepared
from training.evaluation.accuracy import answers, evaluate, evaluate_prepared, results_table
from training.evaluation.confusables import confusable_rows, confusables_table, member_samples
from training.evaluation.error_sheet import MOST, write_errors
from training.evaluation.reliability import confidence_rows, confidence_table, outlier_rows, outliers_table
from training.evaluation.results import RESULTS_FILE, record_results
from training.evaluation.robustness import corruption_rows, corruptions_table
from training.evaluation.samples import Sample, generated_samples, picture_samples, prepared_samples, stroke_samples
from training.models.weights import load_network, network_predictor
from training.progress.display import plain_console

WEIGHTS_VARIANT = "pytorch"
UNRECORDED = Path("runs/evaluation")  # holds a folder for each model: results that are not the model's own


@dataclass(frozen=True)
class Further:
    """What is measured besides accuracy, the folder for error sheets, whether results of pictures are recorded, and
    whether pictures that cannot be used are left out.
    """

    corruptions: bool = False
    confusables: bool = False
    confidence: bool = False
    errors: Path | None = None
    record: bool = False
    skip_bad: bool = False


@dataclass(frozen=True)
class EvaluationSet:
    """A named set: functions that load its samples, those of confusable characters, and measure accuracy.

    `strokes` is its stroke file, if it has one. `is_own` is true for the pictures of a user. `notes` are lines about
    skipped files and merged folders. `left_out` holds the problem of each picture left out, once loaded.
    """

    name: str
    samples: Callable[[], Iterable[Sample]]
    members: Callable[[], Iterable[Sample]]
    accuracy: Callable[[Predictor], list[AccuracyRow]]
    strokes: Path | None = None
    is_own: bool = False
    notes: Sequence[str] = ()
    left_out: Mapping[Path, str] = field(default_factory=dict)


def named_paths(flag: str, values: Iterable[str]) -> dict[str, Path]:
    """Return the paths of `NAME=PATH` or `PATH` by name; the default name is that of the file or folder.

    Raises:
        KakitoriError: for a name that is empty, holds a slash, or is given twice.
    """
    paths: dict[str, Path] = {}
    for value in values:
        name, separator, path = value.partition("=")
        if not separator or Path(value).exists():  # the path itself has an equals sign
            name, path = Path(value).resolve().name, value
        if not path or not name or "/" in name or "\\" in name or name.startswith("."):
            raise KakitoriError(f"{flag} {value!r}: expected NAME=PATH with a plain name, such as mine=photos.")
        if name in paths:
            raise KakitoriError(f"{flag} names two sets {name!r}: give one another name with NAME=PATH.")
        paths[name] = Path(path)
    return paths


def measure_accuracy(
    model_dir: Path, variant: str | None, stroke_files: Mapping[str, Path], folders: Mapping[str, Path],
    dataset: str | None, further: Further = Further(),
) -> None:  # fmt: skip
    """Evaluate on every named set, print a table for each measure, and write the results.

    Results of stroke files and data sets are recorded in the model's `evaluation.json` and card. Those of pictures are
    recorded there only if `further.record`; otherwise they are written to a folder in UNRECORDED, with an error sheet.

    Args:
        model_dir: model directory.
        variant: an exported file; None for the weights.
        stroke_files: stroke files by the names of their sets.
        folders: folders of pictures by the names of their sets.
        dataset: names of data sets, joined by "+"; None for none.
        further: other measures and options.

    Raises:
        KakitoriError: for a model, variant or set that cannot be used; if no set is named, no stroke file for
            corruptions, or no pictures to record.
    """
    spec = read_spec(model_dir)
    predict, engine = open_variant(model_dir, variant)
    sets = list(evaluation_sets(spec, stroke_files, folders, dataset, further.skip_bad))
    check_sets(sets, further)
    measured_as = variant or WEIGHTS_VARIANT
    for one in sets:
        for note in one.notes:
            print(f"{one.name}: {note}")
        is_recorded = further.record or not one.is_own
        folder = model_dir if is_recorded else UNRECORDED / model_dir.resolve().name
        for kind, rows, table in measure_set(one, spec, predict, further):
            table.title = f"{one.name}, {measured_as} in {engine}: {str(kind.__struct_config__.tag).replace('_', ' ')}"
            plain_console().print(table)
            record_results(kind, rows, one.name, measured_as, engine, folder)
        for line in describe_left_out(list(one.left_out.values())):
            print(f"{one.name}: {line}")
        errors = further.errors or (None if is_recorded else folder)
        if errors:
            stem = one.name.removesuffix(".gz").removesuffix(".jsonl")
            show_errors(one, spec, predict, errors / f"{stem}.{measured_as}.png")
        if not is_recorded:
            print(f"{folder / RESULTS_FILE}: results of {one.name}; --record writes them to the model's card instead.")
    if further.record or not all(one.is_own for one in sets):
        write_reports(model_dir)


def check_sets(sets: list[EvaluationSet], further: Further) -> None:
    """Raise KakitoriError unless the sets are usable.

    There must be one or more, with distinct names; a stroke file for `corruptions`; pictures for `record`.
    """
    if not sets:
        raise KakitoriError("Nothing to evaluate on: name --strokes FILE, --images DIR or --dataset NAME.")
    if further.skip_bad and not any(one.is_own for one in sets):
        raise KakitoriError("--skip-bad leaves unreadable pictures out: name pictures with --images DIR.")
    if further.record and not any(one.is_own for one in sets):
        raise KakitoriError("--record writes the results of pictures to the model: name pictures with --images DIR.")
    if further.corruptions and not any(one.strokes for one in sets):
        raise KakitoriError("--corruptions changes strokes: name a stroke file with --strokes FILE.")
    names = [one.name for one in sets]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise KakitoriError(f"Two evaluation sets are named {twice!r}: give one another name with NAME=PATH.")


def measure_set(
    one: EvaluationSet, spec: ModelSpec, predict: Predictor, further: Further
) -> Iterator[tuple[type[Entry], list[Any], Table]]:
    """Yield each requested measure, its rows, and a table of them for a terminal."""
    accuracy = one.accuracy(predict)
    yield AccuracyEntry, accuracy, results_table(accuracy)
    if further.confusables:
        charset = spec.get_charset()
        groups = confusable_rows(answers(one.members(), charset, predict), charset)
        yield ConfusablesEntry, groups, confusables_table(groups)
    if further.confidence:
        confidence, reading = confidence_rows(one.samples(), spec, predict)
        yield ConfidenceEntry, confidence, confidence_table(confidence)
        if one.name in INK_CHARSETS:
            outliers = outlier_rows(reading, spec, predict)
            yield OutOfDistributionEntry, outliers, outliers_table(outliers)
    if further.corruptions and one.strokes:
        corrupted = corruption_rows(read_stroke_file(one.strokes), spec, predict)
        yield CorruptionsEntry, corrupted, corruptions_table(corrupted)


def describe_left_out(problems: list[str]) -> list[str]:
    """Return the first pictures left out with their problems, and the count of all; no line if there are none."""
    lines = list_first("Left out", problems, ".")
    return [*lines, f"{len(problems):,} pictures left out."] if problems else []


def show_errors(one: EvaluationSet, spec: ModelSpec, predict: Predictor, path: Path) -> None:
    """Write the error sheet of a set to `path`, and print where it is."""
    charset = spec.get_charset()
    answered = answers(one.samples(), charset, predict, spec.confidence.temperature)
    misread = [answer for answer in answered if not answer.is_right]
    write_errors(misread, charset, path)
    shown = f"the {MOST} with the most probable wrong answers" if len(misread) > MOST else "all"
    print(f"{path}: {len(misread):,} misclassified, {shown} shown; listed in {path.with_suffix('.csv').name}.")


def open_variant(model_dir: Path, variant: str | None) -> tuple[Predictor, str]:
    """Return a predictor for an exported variant, or for the weights if None, and the engine's name and version.

    Raises:
        ModelError: if there is no such variant, or its file or the weights are not those that were checked.
    """
    if variant is None:
        _, network = load_network(model_dir)
        return network_predictor(network), f"torch {torch.__version__}"
    _, path = variant_file(open_model(model_dir), variant)
    return onnx_predictor(path), ENGINE


def evaluation_sets(
    spec: ModelSpec, stroke_files: Mapping[str, Path], folders: Mapping[str, Path], dataset: str | None, skip_bad: bool
) -> Iterator[EvaluationSet]:
    """Yield the named evaluation sets; a mixed data set is one for each part."""
    charset = spec.get_charset()

    def of_samples(
        name: str, load: Callable[[], list[Sample]], members: Callable[[], Iterable[Sample]] | None = None, **facts: Any
    ) -> EvaluationSet:
        return EvaluationSet(name, load, members or load, lambda predict: evaluate(load(), charset, predict), **facts)

    for name, path in stroke_files.items():
        yield of_samples(name, partial(stroke_samples, path, spec), strokes=path)
    for name, folder in folders.items():
        found = find_pictures(folder)
        left_out: dict[Path, str] = {}
        samples = partial(picture_samples, found.pictures, spec, left_out if skip_bad else None)
        yield of_samples(name, samples, is_own=True, notes=found.report(), left_out=left_out)
    for name in dataset.split(JOIN) if dataset else ():
        if name in INK_CHARSETS:
            yield of_samples(name, partial(generated_samples, spec), partial(member_samples, spec))
        else:
            prepared = open_prepared(find_prepared(name, spec.size))
            stored = partial(prepared_samples, prepared)
            yield EvaluationSet(name, stored, stored, partial(evaluate_prepared, prepared, charset))
