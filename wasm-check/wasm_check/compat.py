"""The recipe: run every variant of a model, or a user's own file, in every engine, and write the report.

Needs:  a model directory (missing variants are exported first), or an ONNX file and inputs for it
Run:    invoke compat [--variant strict.int8] [--engine ort-web] [--browser chromium]
Writes: compat.json, compat.csv and compat.html in runs/compat; a whole run also writes models/<name>/compat.json and
        the documents made from it
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.console import Console

from export.report.documents import write_reports
from kakitori.schemas.compat import RED, Matrix
from kakitori.schemas.reader import write_document
from kakitori.spec import COMPAT_FILE
from wasm_check.engines import select_columns
from wasm_check.errors import CompatError
from wasm_check.matrix import run_matrix
from wasm_check.own import plan_file
from wasm_check.plan import plan_model
from wasm_check.report import PARTIAL_FOLDER, Partial, write_report
from wasm_check.runner import SUBJECT_SECONDS

PROBES = Path("runs/compat-poolings")  # folder of the small models of the other poolings


@dataclass(frozen=True)
class Selection:
    """The part of the matrix to run; an empty field selects all."""

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
    model_dir: Path, selection: Selection, out: Path, strokes: Sequence[Path] = (), seconds: float = SUBJECT_SECONDS,
    console: Console | None = None,
) -> Matrix:  # fmt: skip
    """Run a model's matrix, write the report, return the result; a whole run renews the model's own files too.

    Args:
        strokes: stroke files, to measure accuracy on their handwriting in every engine instead of agreement.
        seconds: the time limit of one file in one engine.

    Raises:
        KakitoriError: for an unknown name, or a model that cannot be used.
        CompatError: if a cell is red; everything is written before.
    """
    console = console or Console()
    columns = select_columns(selection.engines, selection.browsers)
    whole = selection.is_whole and not strokes
    report = partial(console.print, soft_wrap=True, markup=False, emoji=False)
    plan = plan_model(model_dir, selection.variants, strokes, PROBES if whole else None, report)
    kept = Partial(out / PARTIAL_FOLDER, plan)
    result = run_matrix(plan, columns, seconds, console, kept)
    if whole:
        write_document(model_dir / COMPAT_FILE, result)
        write_reports(model_dir)
    kept.clear()
    finish(result, out, console)
    return result


def compat_file(path: Path, inputs: Path, selection: Selection, out: Path, seconds: float = SUBJECT_SECONDS) -> None:
    """Run a user's own ONNX classifier in every engine and write the report.

    Raises:
        CompatError: if file or inputs cannot be used, or a cell is red.
    """
    console = Console()
    plan = plan_file(path, inputs, seconds)
    finish(run_matrix(plan, select_columns(selection.engines, selection.browsers), seconds, console), out, console)


def finish(result: Matrix, out: Path, console: Console) -> None:
    """Write the report and print where it is.

    Raises:
        CompatError: if a cell is red.
    """
    write_report(result, out)
    text = f"{out / 'compat.html'} shows the matrix; compat.json and compat.csv beside it hold every figure."
    console.print(text, soft_wrap=True, markup=False, emoji=False)
    red = result.count(RED)
    if red:
        raise CompatError(
            f"{red} cells are red: another answer than expected, or a failure of no known reason. See "
            f"{out / 'compat.html'}."
        )
