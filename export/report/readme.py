"""All Markdown tables of a model, and their places in a README between markers. Only this module writes them."""

import re
from dataclasses import dataclass
from pathlib import Path

from export.report.compat_table import compat_table
from export.report.corruption_tables import confusables_text, corruptions_text
from export.report.reliability_tables import confidence_text, scores_text
from export.report.speed_table import speed_table
from export.report.tables import accuracy_table, ink_table, variants_table
from kakitori.errors import KakitoriError
from kakitori.files import write_text
from kakitori.model_directory import current_manifest
from kakitori.schemas.bench import Bench
from kakitori.schemas.compat import Matrix, read_matrix
from kakitori.schemas.evaluation import EvaluationEntry
from kakitori.schemas.manifest import Manifest
from kakitori.schemas.reader import read_document
from kakitori.spec import COMPAT_FILE, read_spec
from training.evaluation.results import read_results

BENCH_FILE = "bench.json"


@dataclass(frozen=True)
class Measurements:
    """What has been measured of a model; None, or no entries, where nothing has."""

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
        evaluation=read_results(model_dir),
        manifest=current_manifest(model_dir),
        bench=read_document(bench, Bench) if bench.exists() else None,
        compat=read_matrix(compat) if compat.exists() else None,
    )


def make_tables(model_dir: Path) -> dict[str, str]:
    """Return the README's tables by the names of their markers; corruptions and confidence are "" if not measured."""
    measured = read_measurements(model_dir)
    return {
        "accuracy": accuracy_table(measured.evaluation),
        "corruptions": corruptions_text(measured.evaluation),
        "confidence": confidence_text(measured.evaluation, read_spec(model_dir).confidence),
        "variants": variants_table(measured.manifest, measured.bench),
        "speed": speed_table(measured.bench),
        "compat": compat_table(measured.compat),
        "ink": ink_table(measured.bench),
    }


def make_card_tables(model_dir: Path) -> dict[str, str]:
    """Return the tables that only the model card has, by name; "" if not measured."""
    evaluation = read_measurements(model_dir).evaluation
    return {"confusables": confusables_text(evaluation), "scores": scores_text(evaluation)}


def replace_tables(text: str, tables: dict[str, str]) -> str:
    """Return `text` with each table between its `<!-- name:begin -->` and `<!-- name:end -->`.

    Raises:
        KakitoriError: if a marker is missing.
    """
    for name, table in tables.items():
        pattern = re.compile(rf"(<!-- {name}:begin -->\n).*?(<!-- {name}:end -->)", re.DOTALL)
        found = pattern.search(text)
        if not found:
            marker = f"<!-- {name}:begin --> and <!-- {name}:end -->"
            raise KakitoriError(f"The README lacks the markers {marker}: add them where the table belongs.")
        text = text[: found.start()] + f"{found[1]}{table}\n{found[2]}" + text[found.end() :]
    return text


def write_tables(readme: Path, tables: dict[str, str]) -> None:
    """Replace tables of a README, between their markers.

    Raises:
        KakitoriError: if a marker is missing.
    """
    write_text(readme, replace_tables(readme.read_text(encoding="utf-8"), tables))


def write_readme_tables(model_dir: Path, readme: Path) -> None:
    """Replace all tables of a README by those of a model.

    Raises:
        KakitoriError: if a marker is missing.
    """
    write_tables(readme, make_tables(model_dir))
