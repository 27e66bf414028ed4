"""compat.json: the matrix of every ONNX file in every engine, with a cell for each pair."""

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from kakitori.errors import KakitoriError
from kakitori.schemas.config import Count, Sha256
from kakitori.schemas.manifest import Percent
from kakitori.schemas.reader import read_document

Status = Literal["green", "red", "grey"]
GREEN: Status = "green"  # the answers are right
RED: Status = "red"  # wrong answers, or a failure of no known reason
GREY: Status = "grey"  # not run, or refused by the engine for a known reason
Positive = Annotated[float, Meta(ge=0)]
MEND = "run `invoke compat`"


class InputSet(msgspec.Struct, frozen=True, kw_only=True):
    """A named set of inputs: how many are ordinary and odd, and what computed the expected logits."""

    name: str
    ordinary: Count
    odd: Count
    expected: str


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """Where and when the matrix was measured."""

    processor: str
    system: str
    python: str
    date: str
    inputs: Annotated[list[InputSet], Meta(min_length=1)]


class MatrixColumn(msgspec.Struct, frozen=True, kw_only=True):
    """An engine, in a browser where it needs one; `version` is empty where it was not available."""

    name: str
    engine: str
    browser: str | None
    label: str
    version: str
    user_agent: str


class Cell(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The result of one file in one engine.

    `reason` is empty for green cells. `error` is the engine's own message, in one line. The figures are present only
    if the file ran: differences are in logits, None where a value is not finite or nothing could be compared. A count
    that is absent is 0.
    """

    status: Status
    reason: str
    error: str | None = None
    inputs: Count = 0
    ordinary: Count = 0
    others: Count = 0  # ordinary inputs with another arg-max than expected
    not_finite: Count = 0  # inputs with NaN or infinity in their logits
    max_logit_difference: Positive | None = None
    odd_logit_difference: Positive | None = None
    engine_difference: Positive | None = None  # from the same file in ONNX Runtime
    argmax_percent: Percent | None = None
    odd_argmax_percent: Percent | None = None
    top5_percent: Percent | None = None
    top1_percent: Percent | None = None  # accuracy, where the inputs have labels
    expected_top1_percent: Percent | None = None
    load_ms: Positive | None = None
    first_ms: Positive | None = None
    p50_ms: Positive | None = None
    p95_ms: Positive | None = None
    runs: Count = 0
    memory_mb: Positive | None = None

    @property
    def ran(self) -> bool:
        """Whether the file ran, so that the cell has figures."""
        return self.p50_ms is not None


class MatrixSubject(msgspec.Struct, frozen=True, kw_only=True):
    """An ONNX file and its cells by column name; backend and pooling are empty for a user's own file."""

    name: str
    model: str
    backend: str
    pooling: str
    precision: str
    opset: Count
    bytes: Count
    sha256: Sha256
    cells: dict[str, Cell]


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """A backend and pooling that are not exported together, and why."""

    backend: str
    pooling: str
    reason: str


class Matrix(msgspec.Struct, frozen=True, kw_only=True):
    """The whole document."""

    setting: Setting
    columns: list[MatrixColumn]
    subjects: Annotated[list[MatrixSubject], Meta(min_length=1)]
    refused: list[Refused] = []

    def cells(self) -> list[Cell]:
        """Return every cell, row by row, in the order of the columns."""
        return [subject.cells[column.name] for subject in self.subjects for column in self.columns]

    def count(self, status: Status) -> int:
        """Return how many cells have a status."""
        return sum(cell.status == status for cell in self.cells())


def read_matrix(path: Path, error: type[KakitoriError] = KakitoriError) -> Matrix:
    """Return the matrix in a compat.json.

    Raises:
        error: if the file is missing, is not JSON, a field is missing or wrong, or a subject lacks a column's cell.
    """
    matrix = read_document(path, Matrix, error, MEND)
    names = [column.name for column in matrix.columns]
    for i, subject in enumerate(matrix.subjects):
        if list(subject.cells) != names:
            found, expected = ", ".join(subject.cells), ", ".join(names)
            raise error(f"{path}, field subjects[{i}].cells: expected the columns {expected}, found {found}: {MEND}.")
    return matrix
