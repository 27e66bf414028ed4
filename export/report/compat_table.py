"""The summary of compat.json, the results of every file in every engine."""

from export.report.tables import markdown_table
from kakitori.schemas.compat import GREEN, GREY, RED, Cell, Matrix, MatrixColumn

SHOWN = "strict.int8"  # the file that the page runs, whose times are shown


def compat_table(matrix: Matrix | None) -> str:
    """Return, engine by engine, how many files give the answers of PyTorch, and the setting; "" if not measured."""
    if not matrix:
        return ""
    headings = ["engine", "version", GREEN, RED, GREY, "fp32: same answer", "fp32: max logit difference",
                f"{SHOWN}: same answer", f"{SHOWN}: load / first / warm"]  # fmt: skip
    return markdown_table(headings, compat_rows(matrix), 2) + "\n\n" + compat_setting(matrix)


def compat_rows(matrix: Matrix) -> list[list[str]]:
    """Return a row for each engine: version, cells by status, agreement and difference of fp32, times of SHOWN."""
    return [_row(matrix, column) for column in matrix.columns]


def _row(matrix: Matrix, column: MatrixColumn) -> list[str]:
    cells = {(subject.model, subject.name): subject.cells[column.name] for subject in matrix.subjects}
    counts = [str(sum(cell.status == status for cell in cells.values())) for status in (GREEN, RED, GREY)]
    floats = [cell for (_, name), cell in cells.items() if name.endswith("fp32") and cell.ran]
    agreements = [cell.argmax_percent for cell in floats if cell.argmax_percent is not None]
    differences = [cell.max_logit_difference for cell in floats if cell.max_logit_difference is not None]
    return [
        column.label, column.version, *counts,
        f"{min(agreements):.1f} %" if agreements else "",
        f"{max(differences):g}" if differences else "",
        *_shown(cells.get((matrix.subjects[0].model, SHOWN))),
    ]  # fmt: skip


def _shown(cell: Cell | None) -> list[str]:
    """Return the agreement and times of the file that the page runs, empty where it did not run."""
    if cell is None or not cell.ran:
        return ["", ""]
    return [
        f"{cell.argmax_percent:.1f} %",
        f"{cell.load_ms:.0f} / {cell.first_ms:.0f} / {cell.p50_ms:.1f} ms",
    ]


def compat_setting(matrix: Matrix) -> str:
    """Return the sentence that says what was measured, how and where."""
    setting = matrix.setting
    inputs = setting.inputs[0]
    return (
        f"Measured by `invoke compat`: {len(matrix.subjects)} files; same answers as {inputs.expected} on "
        f"{inputs.ordinary} characters, for fp32 also on {inputs.odd} unusual inputs; times of {SHOWN}: loading "
        f"(in a browser with the start of the engine), first run and median warm run; {setting.processor}, "
        f"{setting.system}, {setting.date}."
    )
