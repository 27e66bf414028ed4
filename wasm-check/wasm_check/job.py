"""What a column runs: ONNX files, sets of inputs with the expected logits, and the job file that a worker reads."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from kakitori.schemas.reader import read_document, write_document
from wasm_check.engines import Column, find_engine

WARM_SECONDS = 2.0  # of the timed runs of a subject, at most
WARM_RUNS = 200  # at most


@dataclass(frozen=True)
class FileFacts:
    """What the report says about a file; backend and pooling are empty for a user's own file."""

    model: str = ""
    backend: str = ""
    pooling: str = ""
    precision: str = ""  # key of wasm_check.judge.LIMITS
    opset: int = 0
    bytes: int = 0
    sha256: str = ""


@dataclass(frozen=True)
class Subject:
    """One ONNX file with one input and one output."""

    name: str
    path: Path
    input_name: str
    output_name: str
    suite: str  # name of the Suite whose inputs it gets
    facts: FileFacts = FileFacts()

    @property
    def key(self) -> str:
        """A name that is unique among all models: several have a `strict.fp32`."""
        return f"{self.suite}:{self.name}"


@dataclass(frozen=True)
class Suite:
    """Inputs and the logits expected; the first `ordinary` inputs are ordinary, the rest are odd."""

    name: str
    inputs: np.ndarray  # (N, …) float32
    expected: np.ndarray  # (N, K) float32 logits
    ordinary: int
    source: str  # what computed the logits: "torch 2.13.0"
    labels: np.ndarray | None = None  # (N,) int64, where top-1 accuracy is measured too


class JobSubject(msgspec.Struct, frozen=True):
    """A file to run and the inputs to run it on."""

    key: str
    path: str
    input_name: str
    output_name: str
    suite: str


class JobFile(msgspec.Struct, frozen=True):
    """The content of job.json."""

    engine: str
    browser: str | None
    warm_seconds: float
    subjects: list[JobSubject]


@dataclass(frozen=True)
class Job:
    """What a worker runs; it writes into `folder` only."""

    column: Column
    folder: Path
    warm_seconds: float  # of the timed runs of a subject, at most
    subjects: list[JobSubject]

    def inputs(self, suite: str) -> np.ndarray:
        """Return the inputs of a suite, (N, …) float32."""
        return np.load(inputs_file(self.folder, suite))

    def save_logits(self, subject: JobSubject, logits: np.ndarray) -> str:
        """Write a subject's logits, (N, K) float32, and return the path of the file."""
        path = self.folder / f"{_file_name(subject.key)}.logits.npy"
        np.save(path, logits)
        return str(path)


def inputs_file(folder: Path, suite: str) -> Path:
    """Return the path of a suite's inputs."""
    return folder / f"{_file_name(suite)}.inputs.npy"


def _file_name(name: str) -> str:
    """Return a short ASCII file name for any name: those of users' files may hold any character."""
    return hashlib.sha256(name.encode()).hexdigest()[:16]


def write_inputs(folder: Path, suites: list[Suite]) -> None:
    """Write the inputs of every suite into the jobs' folder."""
    for suite in suites:
        np.save(inputs_file(folder, suite.name), suite.inputs)


def write_job(column: Column, subjects: list[Subject], folder: Path) -> Path:
    """Write a job into a folder and return the path of its file."""
    rows = [JobSubject(s.key, str(s.path.resolve()), s.input_name, s.output_name, s.suite) for s in subjects]
    path = folder / "job.json"
    write_document(path, JobFile(column.engine.name, column.browser, WARM_SECONDS, rows))
    return path


def read_job(path: Path) -> Job:
    """Return the job in a file; its folder is the file's."""
    job = read_document(path, JobFile)
    return Job(Column(find_engine(job.engine), job.browser), path.parent, job.warm_seconds, job.subjects)
