"""From a trained model directory to checked ONNX files, mapping.json and manifest.json.

Needs:  models/<name>/config.json and model.safetensors
Run:    invoke export --backend strict
Writes: models/<name>/onnx/*.onnx, mapping.json, manifest.json (last); all of them or none
"""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import onnx

from export.backends import Variant, select_backends, select_precisions
from export.check_images import DrawnSamples, ImageMaker, open_samples
from export.errors import ExportError, VariantsFailed
from export.manifest import build_manifest, keep_rows, write_manifest
from export.mapping import build_mapping, write_mapping
from export.parity import make_reference
from export.pooling import resolve_pooling
from export.variants import Trained, convert, summary, write_variant
from kakitori.files import replacing
from kakitori.mapping_check import check_mapping
from kakitori.model_directory import file_in
from kakitori.schemas.manifest import ManifestRow
from training.models.weights import load_network
from training.progress.display import Bar

Report = Callable[[str], None]


def export_model(
    model_dir: Path,
    backends: list[str],
    precisions: list[str],
    pooling: str | None = None,
    report: Report = print,
    make_images: ImageMaker | None = None,
) -> list[ManifestRow]:
    """Write every variant of backends x precisions if all pass all checks; return their manifest rows.

    Args:
        model_dir: has the weights; the files are written there.
        backends: names from `export.backends.BACKENDS`, or `all`.
        precisions: names from `export.backends.PRECISIONS`, or `all` for every one that the backend has.
        pooling: a name from `kakitori.spec.POOLINGS`; None for the trained one, made fixed where a backend needs that.
        report: is called with one line for the user.
        make_images: draws images for calibration and checks; None for those of the training data set.

    Raises:
        KakitoriError: for an unknown or illegal choice, a model directory that cannot be used, or failed checks;
            nothing is written then.
    """
    model_dir = Path(model_dir)
    spec, network = load_network(model_dir)
    variants = plan_variants(backends, precisions, spec.pooling, pooling, report)
    samples = DrawnSamples(spec, make_images) if make_images else open_samples(spec)
    reference = make_reference(network, samples)
    report(f"PyTorch: top-1 {reference.top1_percent:.2f} % on {len(reference.evaluation):,} images of {samples.name}")
    accuracy = {samples.name: round(reference.top1_percent, 2)}
    mapping = build_mapping(spec, accuracy)
    check_mapping(mapping, spec.get_charset())
    rows = write_variants(Trained(spec, network, samples, reference), variants, model_dir, report)
    write_mapping(mapping, spec, model_dir)
    kept = keep_rows(model_dir, spec, {row.variant for row in rows}, report)
    write_manifest(build_manifest(model_dir, spec, rows + kept), model_dir)
    return rows


def plan_variants(
    backends: list[str], precisions: list[str], trained_pooling: str, pooling: str | None, report: Report
) -> list[Variant]:
    """Return backends x precisions, grouped by backend; report every pooling that is made fixed.

    Raises:
        KakitoriError: for an unknown or illegal choice.
    """
    variants = []
    for backend in select_backends(backends):
        resolved, note = resolve_pooling(backend, trained_pooling, pooling)
        if note:
            report(note)
        variants += [Variant(backend, resolved, precision) for precision in select_precisions(precisions, backend)]
    return variants


def write_variants(trained: Trained, variants: list[Variant], model_dir: Path, report: Report) -> list[ManifestRow]:
    """Make, write and check every variant under temporary names; rename them if all passed, or else delete them.

    Raises:
        ExportError: of the variant that failed, or VariantsFailed with those of all that did.
    """
    rows: list[ManifestRow] = []
    failures: list[ExportError] = []
    graphs: dict[tuple[str, str], tuple[onnx.ModelProto, str]] = {}
    with ExitStack() as written:
        bar = written.enter_context(Bar("Exporting", len(variants), "files"))
        for variant in variants:
            bar.facts = variant.name
            key = (variant.backend.name, variant.pooling)
            try:
                if key not in graphs:
                    graphs[key] = convert(trained, variant, report)
                path = written.enter_context(replacing(file_in(model_dir, variant.file)))
                rows.append(write_variant(trained, variant, *graphs[key], path))
                report(summary(rows[-1]))
            except ExportError as problem:
                problem.variant = variant.name
                failures.append(problem)
                report(f"{variant.name}: failed")
            bar.advance()
        if failures:
            raise failures[0] if len(failures) == 1 else VariantsFailed(failures)
    return rows
