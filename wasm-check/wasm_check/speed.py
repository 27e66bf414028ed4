"""Time files in Chromium's WebAssembly on one thread, in turns, on the probe page, for `invoke bench`."""

import re
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from export.report.speed_comparison import BrowserTimes
from kakitori.spec import INPUT_NAME, OUTPUT_NAME, PAPER
from training.progress.display import Bar
from wasm_check.engines import select_columns
from wasm_check.errors import one_line
from wasm_check.job import Subject, Suite
from wasm_check.runner import run_column

ENGINE, BROWSER = "ort-web", "chromium"
TURNS = 4  # of each file, on a page of its own; a turn takes as long as a cell of the matrix, two seconds
WARM_UPS = 50  # runs of a turn that are not timed: the browser compiles twice, better the second time


def time_in_chromium(files: Sequence[tuple[Path, int]]) -> BrowserTimes:
    """Return the times of ONNX files for one blank image, or why there are none. Shows progress.

    Args:
        files: ONNX files with the contract's input and output names, and the input side in pixels of each.
    """
    if not find_spec("playwright"):
        return BrowserTimes(problem='playwright is not installed: python -m pip install -e ".[test]"')
    [column] = select_columns([ENGINE], [BROWSER])
    subjects = [
        Subject(f"{turn}-{i}", path, INPUT_NAME, OUTPUT_NAME, str(size))
        for turn in range(TURNS)
        for i, (path, size) in enumerate(files)
    ]
    suites = [blank_suite(size) for size in sorted({size for _, size in files})]
    with Bar(f"Running in {column.label}", len(subjects), "turns") as bar:
        listener = TimeListener(bar.advance)
        run_column(column, subjects, suites, listener)
    if listener.problem:
        return BrowserTimes(problem=listener.problem)
    samples = [[listener.samples[subject.key] for subject in subjects[i :: len(files)]] for i in range(len(files))]
    return BrowserTimes(f"{listener.engine_name}, 1 thread", tuple(map(np.concatenate, samples)))


def blank_suite(size: int) -> Suite:
    """Return WARM_UPS blank images without expected answers."""
    images = np.full((WARM_UPS, 1, size, size), PAPER, np.float32)
    return Suite(str(size), images, np.zeros((WARM_UPS, 0), np.float32), WARM_UPS, "")


class TimeListener:
    """The runner's listener: samples by subject, or the first problem."""

    def __init__(self, tick: Callable[[], None] = lambda: None) -> None:
        self.samples: dict[str, list[float]] = {}
        self.engine_name = self.problem = ""
        self._tick = tick

    def engine(self, facts: dict[str, Any]) -> None:
        """Store the versions of engine and browser."""
        chromium = re.search(r"Chrome/(\d+)", facts["userAgent"])
        self.engine_name = f"{facts['version']} in Chromium {chromium[1] if chromium else ''}".rstrip()

    def unavailable(self, reason: str) -> None:
        """Store what is missing."""
        self.problem = reason

    def start(self, key: str) -> None:
        """Do nothing: only results count."""

    def done(self, key: str, result: dict[str, Any]) -> None:
        """Store a file's samples."""
        if "error" in result:
            self.problem = self.problem or one_line(result["error"])
        else:
            self.samples[key] = result["samples_ms"]
        self._tick()
