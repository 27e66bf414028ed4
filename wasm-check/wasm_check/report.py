"""The files that a run writes: compat.json, compat.csv, the page, and the finished columns of an interrupted run."""

import csv
import hashlib
import io
import json
import shutil
import time
from pathlib import Path
from typing import Any

import msgspec

from kakitori.errors import KakitoriError
from kakitori.files import write_text
from kakitori.schemas.compat import Cell, Matrix
from kakitori.schemas.reader import read_document, write_document
from kakitori.spec import COMPAT_FILE
from wasm_check.engines import Column
from wasm_check.judge import REFERENCE_ENGINE
from wasm_check.plan import Plan
from web.compat import render_compat

CSV_FILE = "compat.csv"
PARTIAL_FOLDER = "partial"  # in the report's folder
SUBJECT_FIELDS = ("model", "name", "backend", "pooling", "precision", "opset", "bytes", "sha256")
CELL_FIELDS = ("status", "argmax_percent", "top5_percent", "odd_argmax_percent", "max_logit_difference",
               "odd_logit_difference", "engine_difference", "inputs", "top1_percent", "expected_top1_percent",
               "load_ms", "first_ms", "p50_ms", "p95_ms", "runs", "memory_mb", "reason", "error")  # fmt: skip


def write_report(matrix: Matrix, out: Path) -> None:
    """Write compat.json, compat.csv and the page's files into a folder."""
    write_document(out / COMPAT_FILE, matrix)
    write_text(out / CSV_FILE, make_csv(matrix))
    for name, text in render_compat(matrix).items():
        write_text(out / name, text)


def make_csv(matrix: Matrix) -> str:
    """Return the matrix as CSV, a line for each cell."""
    text = io.StringIO()
    table = csv.DictWriter(text, (*SUBJECT_FIELDS, "column", *CELL_FIELDS), restval="", lineterminator="\n")
    table.writeheader()
    for subject in matrix.subjects:
        about = {name: getattr(subject, name) for name in SUBJECT_FIELDS}
        for column, cell in subject.cells.items():
            values = msgspec.to_builtins(cell)
            table.writerow(about | {"column": column} | {name: values.get(name, "") for name in CELL_FIELDS})
    return text.getvalue()


class KeptColumn(msgspec.Struct, frozen=True):
    """The result of one column: its cells by subject's key, and the engine's facts."""

    cells: dict[str, Cell]
    about: dict[str, Any]
    of: str = ""  # digest of the run that it belongs to


class Partial:
    """The finished columns of an interrupted run, one file each. They are used for the same files and inputs on the
    same day only: engines and browsers may be updated overnight."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        self.folder = folder
        about = [[subject.key, subject.facts.sha256] for subject in plan.subjects]
        digests = [hashlib.sha256(suite.inputs.tobytes()).hexdigest() for suite in plan.suites]
        text = json.dumps([about, digests, time.strftime("%Y-%m-%d")])
        self._of = hashlib.sha256(text.encode()).hexdigest()

    def _path(self, column: Column) -> Path:
        return self.folder / f"{column.name.replace('/', '-')}.json"

    def load(self, column: Column) -> KeptColumn | None:
        """Return a finished column, None if it must run.

        ONNX Runtime always runs: the other columns are compared with its logits, which are not kept.
        """
        if column.engine.name == REFERENCE_ENGINE or not self._path(column).exists():
            return None
        try:
            kept = read_document(self._path(column), KeptColumn)
        except KakitoriError:
            return None
        return kept if kept.of == self._of else None

    def save(self, column: Column, kept: KeptColumn) -> None:
        """Keep a finished column."""
        write_document(self._path(column), msgspec.structs.replace(kept, of=self._of))

    def clear(self) -> None:
        """Delete every kept column: the matrix is complete."""
        shutil.rmtree(self.folder, ignore_errors=True)
