"""The columns of an interrupted matrix, kept until it is whole: a run of all engines takes a quarter of an hour."""

import hashlib
import json
import shutil
import time
from pathlib import Path
from typing import Any

from kakitori.files import read_json, write_json
from wasm_check.engines import Column
from wasm_check.judge import REFERENCE_ENGINE
from wasm_check.plan import Plan

FOLDER = "partial"  # in the report's folder


class Partial:
    """One file a column, for the same files and inputs on the same day: engines and browsers may change overnight."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        self.folder = folder
        about = [[subject.key, subject.facts["sha256"]] for subject in plan.subjects]
        about += [hashlib.sha256(suite.inputs.tobytes()).hexdigest() for suite in plan.suites]
        about.append(time.strftime("%Y-%m-%d"))
        self._of = hashlib.sha256(json.dumps(about).encode()).hexdigest()

    def _path(self, column: Column) -> Path:
        return self.folder / f"{column.name.replace('/', '-')}.json"

    def load(self, column: Column) -> dict[str, Any] | None:
        """Return what `save` was given for a column, None if it is to be run.

        ONNX Runtime is always run: the other columns are compared with its logits, which are not kept.
        """
        if column.engine.name == REFERENCE_ENGINE or not self._path(column).exists():
            return None
        kept = read_json(self._path(column))
        return kept["column"] if kept["of"] == self._of else None

    def save(self, column: Column, facts: dict[str, Any]) -> None:
        """Keep the facts of a column that has been run."""
        write_json(self._path(column), {"of": self._of, "column": facts})

    def clear(self) -> None:
        """Forget everything: the matrix is whole."""
        shutil.rmtree(self.folder, ignore_errors=True)
