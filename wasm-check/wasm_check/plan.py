"""The plan of a model's matrix: every legal backend x pooling x precision, exported first where it is missing."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from export.backends import ALL, BACKENDS, Backend, Variant, select_precisions
from export.build import export_model
from export.errors import PoolingError
from export.manifest import is_intact
from export.pooling import resolve_pooling
from kakitori.errors import check_choice
from kakitori.model_directory import current_manifest, file_in
from kakitori.schemas.compat import Refused
from kakitori.schemas.manifest import ManifestRow
from kakitori.spec import INPUT_NAME, OUTPUT_NAME, POOLINGS
from training.models.weights import load_network
from wasm_check.inputs import ink_suite, stroke_suite
from wasm_check.job import FileFacts, Subject, Suite
from wasm_check.probes import PROBE_POOLINGS, PROBE_PRECISIONS, copy_model, train_probe

Report = Callable[[str], None]
FACTS = ("backend", "pooling", "precision", "opset", "bytes", "sha256")  # of a manifest row


@dataclass
class Plan:
    """Subjects, the suites they run on, and the combinations that are not exported."""

    subjects: list[Subject] = field(default_factory=list)
    suites: list[Suite] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


def plan_model(
    model_dir: Path, variants: Iterable[str], strokes: Sequence[Path], probes: Path | None, report: Report
) -> Plan:
    """Return the plan of a model's variants; `variants` names the wanted ones, none selects all.

    Args:
        strokes: stroke files to run them on instead of generated ink and odd inputs.
        probes: folder of the small models of the other poolings, which are trained if missing; None leaves them out.

    Raises:
        KakitoriError: for an unknown variant, or if something cannot be exported or read.
    """
    spec, network = load_network(model_dir)
    legal = {variant.name: variant for variant in legal_variants(spec.pooling)}
    default = [name for name, variant in legal.items() if is_default(variant, spec.pooling)]
    chosen = [check_choice("variant", name, legal) for name in variants] or default
    name = model_dir.resolve().name
    suite = stroke_suite(name, spec, network, strokes) if strokes else ink_suite(name, spec, network)
    plan = Plan(add_subjects(model_dir, [legal[each] for each in chosen], name, report), [suite])
    if probes:
        others = [v for each, v in legal.items() if each not in default and v.precision.name in PROBE_PRECISIONS]
        plan.subjects += add_subjects(copy_model(model_dir, probes / name), others, name, report)
        for pooling in PROBE_POOLINGS:
            _add_probe(plan, train_probe(probes / pooling, pooling, report), report)
        plan.refused = refused_combinations()
    return plan


def is_default(variant: Variant, trained: str) -> bool:
    """Return whether `invoke export` makes this variant when no pooling is named."""
    return resolve_pooling(variant.backend, trained, None)[0] == variant.pooling


def add_subjects(model_dir: Path, variants: list[Variant], model: str, report: Report) -> list[Subject]:
    """Return variants as subjects on the suite of a model's name; missing ones are exported first."""
    rows = exported_rows(model_dir, {variant.name: variant for variant in variants}, report)
    subjects = []
    for variant in variants:
        row = rows[variant.name]
        facts = FileFacts(model=model, **{fact: getattr(row, fact) for fact in FACTS})
        path = file_in(model_dir, row.file)
        subjects.append(Subject(variant.name, path, INPUT_NAME, OUTPUT_NAME, model, facts))
    return subjects


def _add_probe(plan: Plan, model_dir: Path, report: Report) -> None:
    spec, network = load_network(model_dir)
    plan.subjects += add_subjects(model_dir, legal_variants(spec.pooling, PROBE_PRECISIONS), model_dir.name, report)
    plan.suites.append(ink_suite(model_dir.name, spec, network))


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


def refused_combinations() -> list[Refused]:
    """Return each backend and pooling that do not go together, with the message of `invoke export`."""
    refused = []
    for backend in BACKENDS.values():
        for pooling in (name for name in POOLINGS if name not in backend.poolings):
            try:
                reason = resolve_pooling(backend, pooling, pooling)[1] or ""
            except PoolingError as problem:
                reason = str(problem)
            refused.append(Refused(backend=backend.name, pooling=pooling, reason=reason))
    return refused


def exported_rows(model_dir: Path, variants: dict[str, Variant], report: Report) -> dict[str, ManifestRow]:
    """Return the manifest rows of variants, after exporting those whose file is missing or changed.

    Raises:
        KakitoriError: if an export fails.
    """
    rows = _rows(model_dir)
    stale = [variant for name, variant in variants.items() if not _is_exported(model_dir, rows.get(name))]
    for (pooling, precisions), backends in _calls(stale).items():
        export_model(model_dir, backends, list(precisions), pooling, report)
    return _rows(model_dir)


def _calls(variants: list[Variant]) -> dict[tuple[str, tuple[str, ...]], list[str]]:
    """Return the backends of variants by pooling and precisions: each entry is one call of `export_model`."""
    precisions: dict[tuple[str, str], list[str]] = {}
    for variant in variants:
        precisions.setdefault((variant.pooling, variant.backend.name), []).append(variant.precision.name)
    calls: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (pooling, backend), names in precisions.items():
        calls.setdefault((pooling, tuple(names)), []).append(backend)
    return calls


def _rows(model_dir: Path) -> dict[str, ManifestRow]:
    manifest = current_manifest(model_dir)
    return {row.variant: row for row in manifest.files} if manifest else {}


def _is_exported(model_dir: Path, row: ManifestRow | None) -> bool:
    return row is not None and is_intact(model_dir, row)
