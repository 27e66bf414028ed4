"""A job: the files that one column runs, as a JSON file and a folder between the matrix and its worker."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kakitori.files import read_json, write_json
from wasm_check.engines import ENGINES, Column
from wasm_check.subjects import Subject, Suite

WARM_SECONDS = 2.0  # of timed runs, at most
WARM_RUNS = 200  # at most


@dataclass(frozen=True)
class JobSubject:
    """A file to run and the inputs to run it on."""

    key: str
    path: Path
    input_name: str
    output_name: str
    suite: str


@dataclass(frozen=True)
class Job:
    """What a worker is asked to do; it writes into `folder` only."""

    column: Column
    folder: Path
    subjects: list[JobSubject]

    def inputs(self, suite: str) -> np.ndarray:
        """Return the inputs of a suite, (N, …) float32."""
        return np.load(inputs_file(self.folder, suite))

    def save_logits(self, subject: JobSubject, logits: np.ndarray) -> str:
        """Write what a subject answered, (N, K) float32, and return the file's path."""
        path = self.folder / f"{self.column.name.replace('/', '-')}-{subject.key.replace(':', '-')}.npy"
        np.save(path, logits)
        return str(path)


def inputs_file(folder: Path, suite: str) -> Path:
    """Return where a suite's inputs lie."""
    return folder / f"{suite}.inputs.npy"


def write_inputs(folder: Path, suites: list[Suite]) -> None:
    """Write the inputs of every suite into the jobs' folder."""
    for suite in suites:
        np.save(inputs_file(folder, suite.name), suite.inputs)


def write_job(column: Column, subjects: list[Subject], folder: Path) -> Path:
    """Write a job and return its file."""
    rows = [
        {"key": s.key, "path": str(s.path.resolve()), "input_name": s.input_name, "output_name": s.output_name,
         "suite": s.suite} for s in subjects
    ]  # fmt: skip
    path = folder / "job.json"
    write_json(path, {"engine": column.engine.name, "browser": column.browser, "subjects": rows})
    return path


def read_job(path: Path) -> Job:
    """Return the job in a file; its folder is the file's."""
    values: dict[str, Any] = read_json(path)
    subjects = [JobSubject(**row | {"path": Path(row["path"])}) for row in values["subjects"]]
    return Job(Column(ENGINES[values["engine"]], values["browser"]), path.parent, subjects)
