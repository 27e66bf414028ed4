"""The recipe: every variant of a model, or a user's own file, in every engine; its report.

Needs:  a model directory (missing variants are exported first), or an ONNX file and inputs for it
Run:    invoke compat [--variant strict.int8] [--engine ort-web] [--browser chromium]
Writes: compat.json, compat.csv and compat.html in runs/compat; a whole run renews models/<name>/compat.json and the
        tables made from it too
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from export.report.card import write_card
from export.report.readme import write_readme_tables
from kakitori.files import write_json
from kakitori.spec import COMPAT_FILE
from wasm_check.engines import select_columns
from wasm_check.errors import CompatError
from wasm_check.judge import RED
from wasm_check.matrix import run_matrix
from wasm_check.own import plan_file
from wasm_check.partial import FOLDER, Partial
from wasm_check.plan import Plan, plan_model
from wasm_check.report import write_report
from wasm_check.runner import SUBJECT_SECONDS

PROBES = Path("runs/compat-poolings")  # where the small models of the other poolings are kept


@dataclass(frozen=True)
class Selection:
    """What part of the matrix to run; empty means all of it."""

    variants: tuple[str, ...] = ()
    engines: tuple[str, ...] = ()
    browsers: tuple[str, ...] = ()

    @classmethod
    def from_flags(cls, *flags: str) -> "Selection":
        """Return the selection of comma-separated flags, in the order of the fields."""
        return cls(*(tuple(filter(None, flag.split(","))) for flag in flags))

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left out."""
        return not (self.variants or self.engines or self.browsers)


def compat(
    model_dir: Path, selection: Selection, out: Path, readme: Path | None = None, strokes: Sequence[Path] = (),
    seconds: float = SUBJECT_SECONDS, console: Console | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Run a model's matrix, write the report, return the result; a whole run renews the model's own files too.

    Args:
        strokes: stroke files, to measure accuracy on their handwriting in every engine instead of agreement.
        readme: the file whose tables a whole run renews; None renews none.
        seconds: the time limit of one file in one engine.

    Raises:
        KakitoriError: for an unknown name, or a model that cannot be used.
        CompatError: if a cell is red; everything is written before.
    """
    console = console or Console()
    columns = select_columns(selection.engines, selection.browsers)
    whole = selection.is_whole and not strokes
    report = partial(console.print, soft_wrap=True, markup=False)
    plan = plan_model(model_dir, selection.variants, strokes, PROBES if whole else None, report)
    kept = Partial(out / FOLDER, plan)
    result = run_matrix(plan, columns, seconds, console, kept)
    if whole:
        write_json(model_dir / COMPAT_FILE, result)
        write_card(model_dir)
        if readme:
            write_readme_tables(model_dir, readme)
    kept.clear()
    finish(result, out, console)
    return result


def compat_file(path: Path, inputs: Path, selection: Selection, out: Path, seconds: float = SUBJECT_SECONDS) -> None:
    """Run a user's own ONNX classifier in every engine and write the report.

    Raises:
        CompatError: if file or inputs cannot be used, or a cell is red.
    """
    console = Console()
    plan: Plan = plan_file(path, inputs)
    finish(run_matrix(plan, select_columns(selection.engines, selection.browsers), seconds, console), out, console)


def finish(result: dict[str, Any], out: Path, console: Console) -> None:
    """Write the report and tell where it is.

    Raises:
        CompatError: if a cell is red.
    """
    write_report(result, out)
    text = f"{out / 'compat.html'} shows the matrix; compat.json and compat.csv beside it hold every figure."
    console.print(text, soft_wrap=True)
    red = count_status(result, RED)
    if red:
        raise CompatError(f"{red} cells are red: another answer than expected, or a failure of no known reason. See "
                          f"{out / 'compat.html'}.")


def count_status(result: dict[str, Any], status: str) -> int:
    """Return how many cells have a status."""
    return sum(cell["status"] == status for subject in result["subjects"] for cell in subject["cells"].values())
