"""The README's summary of compat.json, the matrix of every file in every engine."""

from kakitori.schemas.compat import GREEN, GREY, RED, Cell, Matrix, MatrixColumn

SHOWN = "strict.int8"  # the file that the page runs; its times are in the table


def compat_rows(matrix: Matrix) -> list[list[str]]:
    """Return a row for each engine: version, cells by status, fp32's agreement and difference, SHOWN's times."""
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
    """Return the sentence on what was measured, how and where."""
    setting = matrix.setting
    inputs = setting.inputs[0]
    return (
        f"Measured by `invoke compat`: {len(matrix.subjects)} files; same answers as {inputs.expected} on "
        f"{inputs.ordinary} characters, and for fp32 also on {inputs.odd} odd inputs; {SHOWN}'s loading (in a "
        f"browser with the engine's start), first and middle warm run; {setting.processor}, {setting.system}, "
        f"{setting.date}."
    )
