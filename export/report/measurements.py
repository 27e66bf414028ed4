"""What has been measured of a model, and the Markdown tables of one model made from it."""

from dataclasses import dataclass
from pathlib import Path

from export.report.compat_table import compat_table
from export.report.corruption_tables import confusables_text, corruptions_text
from export.report.reliability_tables import confidence_text, scores_text
from export.report.speed_table import speed_table
from export.report.tables import accuracy_table, ink_table, variants_table
from kakitori.model_directory import current_manifest
from kakitori.schemas.bench import Bench
from kakitori.schemas.compat import Matrix, read_matrix
from kakitori.schemas.evaluation import EvaluationEntry
from kakitori.schemas.manifest import Manifest
from kakitori.schemas.reader import read_document
from kakitori.spec import COMPAT_FILE, ModelSpec, read_spec
from training.evaluation.results import read_results

BENCH_FILE = "bench.json"


@dataclass(frozen=True)
class Measurements:
    """A model's spec and what has been measured of it; None, or no entries, where nothing has."""

    spec: ModelSpec
    evaluation: list[EvaluationEntry]
    manifest: Manifest | None
    bench: Bench | None
    compat: Matrix | None


def read_measurements(model_dir: Path) -> Measurements:
    """Return what has been measured of a model.

    Raises:
        KakitoriError: if a file does not fit its schema.
    """
    bench, compat = model_dir / BENCH_FILE, model_dir / COMPAT_FILE
    return Measurements(
        spec=read_spec(model_dir),
        evaluation=read_results(model_dir),
        manifest=current_manifest(model_dir),
        bench=read_document(bench, Bench) if bench.exists() else None,
        compat=read_matrix(compat) if compat.exists() else None,
    )


def make_tables(model_dir: Path) -> dict[str, str]:
    """Return the tables of a model by name; corruptions, confusables, confidence and scores are "" if not measured."""
    measured = read_measurements(model_dir)
    return {
        "accuracy": accuracy_table(measured.evaluation),
        "corruptions": corruptions_text(measured.evaluation),
        "confusables": confusables_text(measured.evaluation),
        "confidence": confidence_text(measured.evaluation, measured.spec.confidence),
        "scores": scores_text(measured.evaluation),
        "variants": variants_table(measured.manifest, measured.bench),
        "speed": speed_table(measured.bench),
        "compat": compat_table(measured.compat),
        "ink": ink_table(measured.bench),
    }
