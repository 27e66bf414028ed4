"""The documents made from what was measured: model cards, docs/results.md, and the tables of READMEs between markers.

`write_reports` renews all of them for a model, and is called by every task that changes a measured figure.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from export.report.card import environment, write_card
from export.report.measurements import Measurements, make_tables, read_measurements
from export.report.summary import summary_text
from kakitori.errors import KakitoriError
from kakitori.files import write_text

ROOT = Path(__file__).parents[2]  # of the checkout
SHIPPED = ("kanji", "kanji-wide")  # below models/, in the order of the documents
README, RESULTS = Path("README.md"), Path("docs/results.md")
RESULTS_TEMPLATE = "results.md.j2"


def write_reports(model_dir: Path, root: Path = ROOT) -> list[Path]:
    """Write the card of a model and, if it is one of the shipped models, the README's tables and docs/results.md.

    Args:
        model_dir: model directory.
        root: folder of the checkout.

    Returns:
        The written files.

    Raises:
        KakitoriError: if a measured file does not fit its schema, or the README lacks a marker.
    """
    written = [write_card(model_dir)]
    if model_dir.resolve() in [path.resolve() for path in shipped_models(root).values()]:
        written += write_documents(root)
    return written


def write_documents(root: Path = ROOT) -> list[Path]:
    """Write the README's tables and docs/results.md from what was measured of the shipped models; return their paths.

    Raises:
        KakitoriError: if a measured file does not fit its schema, or the README lacks a marker.
    """
    readme, results = root / README, root / RESULTS
    write_tables(readme, summary_tables(root))
    write_text(results, make_results(root))
    return [readme, results]


def shipped_models(root: Path = ROOT) -> dict[str, Path]:
    """Return the directories of the shipped models by name."""
    return {name: root / "models" / name for name in SHIPPED}


def summary_tables(root: Path = ROOT) -> dict[str, str]:
    """Return the README's tables by the names of their markers."""
    measured: Mapping[str, Measurements] = {
        name: read_measurements(model_dir) for name, model_dir in shipped_models(root).items()
    }
    return {"results": summary_text(measured)}


def make_results(root: Path = ROOT) -> str:
    """Return docs/results.md: every table of every shipped model."""
    tables = {name: make_tables(model_dir) for name, model_dir in shipped_models(root).items()}
    return environment().get_template(RESULTS_TEMPLATE).render(models=tables)


def replace_tables(text: str, tables: Mapping[str, str]) -> str:
    """Return `text` with each table between its `<!-- name:begin -->` and `<!-- name:end -->`.

    Raises:
        KakitoriError: if a marker is missing.
    """
    for name, table in tables.items():
        pattern = re.compile(rf"(<!-- {name}:begin -->\n).*?(<!-- {name}:end -->)", re.DOTALL)
        found = pattern.search(text)
        if not found:
            marker = f"<!-- {name}:begin --> and <!-- {name}:end -->"
            raise KakitoriError(f"The document lacks the markers {marker}: add them where the table belongs.")
        text = text[: found.start()] + f"{found[1]}{table}\n{found[2]}" + text[found.end() :]
    return text


def write_tables(path: Path, tables: Mapping[str, str]) -> None:
    """Replace tables of a document, between their markers.

    Raises:
        KakitoriError: if a marker is missing.
    """
    write_text(path, replace_tables(path.read_text(encoding="utf-8"), tables))
