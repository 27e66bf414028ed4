"""What the matrix runs of a model: every legal backend x pooling x precision, exported first where it is not there."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from export.backends import ALL, BACKENDS, Backend, Variant, select_precisions
from export.build import export_model
from export.errors import PoolingError
from export.manifest import Row, read_manifest, sha256_of
from export.pooling import resolve_pooling
from training.checkpoint import load_network
from training.config import TrainConfig
from training.errors import check_choice
from training.spec import CONFIG_FILE, INPUT_NAME, MANIFEST_FILE, OUTPUT_NAME, POOLINGS, ModelSpec, read_spec
from training.train import train
from wasm_check.inputs import ink_suite, stroke_suite
from wasm_check.subjects import Subject, Suite

Report = Callable[[str], None]
FACTS = ("backend", "pooling", "precision", "opset", "bytes", "sha256")  # of a manifest row, for the report

# A maximum or a 2x2 pooling needs weights trained with it: small models of few classes, trained for the matrix alone,
# a minute each, to more than 90 %: below that INT8 would lose more than its limit. At 32 pixels the last map would be
# 2x2, and a 2x2 pooling of it nothing.
PROBE_POOLINGS = ("adaptive_max", "avg_2x2", "max_2x2")
PROBE_PRECISIONS = ("fp32", "fp16", "int8")
PROBE_TRAINING = {"class_limit": 50, "epochs": 12, "size": 64, "batch_size": 64}


@dataclass
class Plan:
    """Subjects and the suites they are run on; `refused` tells which combinations are not exported, and why."""

    subjects: list[Subject] = field(default_factory=list)
    suites: list[Suite] = field(default_factory=list)
    refused: list[dict[str, str]] = field(default_factory=list)


def plan_model(
    model_dir: Path, variants: Iterable[str], strokes: Sequence[Path], probes: Path | None, report: Report
) -> Plan:
    """Return the plan of a model's variants; `variants` names those wanted, none means all.

    Args:
        strokes: stroke files to run them on instead of generated ink and odd inputs.
        probes: where the small models of the other poolings lie or are trained; None leaves them out.

    Raises:
        KakitoriError: for an unknown variant, or if something cannot be exported or read.
    """
    plan = Plan()
    _add_model(plan, model_dir, list(variants), None, strokes, report)
    for pooling in PROBE_POOLINGS if probes else ():
        _add_model(plan, train_probe(probes / pooling, pooling, report), [], PROBE_PRECISIONS, (), report)
    plan.refused = refused_combinations()
    return plan


def _add_model(
    plan: Plan, model_dir: Path, names: list[str], precisions: Iterable[str] | None, strokes: Sequence[Path],
    report: Report,
) -> None:  # fmt: skip
    spec, network = load_network(model_dir)
    suite = model_dir.resolve().name
    wanted = {variant.name: variant for variant in legal_variants(spec.pooling, precisions)}
    if names:
        wanted = {check_choice("variant", name, wanted): wanted[name] for name in names}
    rows = exported_rows(model_dir, wanted, report)
    for name in wanted:
        facts = {fact: rows[name][fact] for fact in FACTS} | {"model": suite}
        path = model_dir / rows[name]["file"]
        plan.subjects.append(Subject(name, path, INPUT_NAME, OUTPUT_NAME, facts["precision"], suite, facts))
    plan.suites.append(stroke_suite(suite, spec, network, strokes) if strokes else ink_suite(suite, spec, network))


def legal_variants(trained: str, precisions: Iterable[str] | None = None) -> list[Variant]:
    """Return every variant that weights trained with a pooling can be exported as."""
    return [
        Variant(backend, pooling, precision)
        for backend in BACKENDS.values()
        for pooling in backend.poolings
        if _fits(backend, trained, pooling)
        for precision in select_precisions([ALL], backend)
        if precisions is None or precision.name in precisions
    ]


def _fits(backend: Backend, trained: str, pooling: str) -> bool:
    try:
        return resolve_pooling(backend, trained, pooling)[0] == pooling
    except PoolingError:
        return False


def refused_combinations() -> list[dict[str, str]]:
    """Return each backend and pooling that do not go together, and what `invoke export` says of it."""
    refused = []
    for backend in BACKENDS.values():
        for pooling in (name for name in POOLINGS if name not in backend.poolings):
            try:
                reason = resolve_pooling(backend, pooling, pooling)[1]
            except PoolingError as problem:
                reason = str(problem)
            refused.append({"backend": backend.name, "pooling": pooling, "reason": reason})
    return refused


def exported_rows(model_dir: Path, variants: dict[str, Variant], report: Report) -> dict[str, Row]:
    """Return the manifest rows of variants, after exporting those whose file is missing or another one.

    Raises:
        KakitoriError: if an export fails.
    """
    rows = _rows(model_dir)
    stale = [variant for name, variant in variants.items() if not _is_exported(model_dir, rows.get(name))]
    for (pooling, precisions), backends in _calls(stale).items():
        export_model(model_dir, backends, list(precisions), pooling, report)
    return _rows(model_dir)


def _calls(variants: list[Variant]) -> dict[tuple[str, tuple[str, ...]], list[str]]:
    """Return the backends of variants by pooling and precisions: what one slow call exports."""
    precisions: dict[tuple[str, str], list[str]] = {}
    for variant in variants:
        precisions.setdefault((variant.pooling, variant.backend.name), []).append(variant.precision.name)
    calls: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (pooling, backend), names in precisions.items():
        calls.setdefault((pooling, tuple(names)), []).append(backend)
    return calls


def _rows(model_dir: Path) -> dict[str, Row]:
    if not (model_dir / MANIFEST_FILE).exists():
        return {}
    return {row["variant"]: row for row in read_manifest(model_dir)["files"]}


def _is_exported(model_dir: Path, row: dict[str, Any] | None) -> bool:
    path = model_dir / row["file"] if row else None
    return path is not None and path.is_file() and sha256_of(path) == row["sha256"]


def train_probe(model_dir: Path, pooling: str, report: Report) -> Path:
    """Return a model directory with a small network of this pooling, trained now unless it is there.

    Raises:
        KakitoriError: if what is there cannot be used.
    """
    config = TrainConfig(model=model_dir, pooling=pooling, **PROBE_TRAINING)
    if not (model_dir / CONFIG_FILE).exists() or not _is_probe(read_spec(model_dir), config):
        report(f"Training a small network with pooling {pooling} in {model_dir}")
        train(config, report)
    return model_dir


def _is_probe(spec: ModelSpec, config: TrainConfig) -> bool:
    return (spec.pooling, spec.num_classes, spec.size) == (config.pooling, config.class_limit, config.size)
