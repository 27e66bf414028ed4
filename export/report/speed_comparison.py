"""Compare the speed of a model's files with the stand-in's, in turns, on the same image and number of threads."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from export.report.latency import native_samples, percentiles
from export.report.standin import BACKEND, CHOSEN, FOLDER, SIZE, STAND_INS, write_standin
from kakitori.schemas.bench import Browser, ComparedFile, Comparison, RelativeTimes
from kakitori.schemas.manifest import ManifestRow

STANDIN = "stand-in"


@dataclass(frozen=True)
class BrowserTimes:
    """Times measured in a browser: `engine` is its name and versions, or `problem` says why nothing was measured."""

    engine: str = ""
    samples_ms: tuple[np.ndarray, ...] = ()  # one array per file; each value is the mean of about 10 ms of runs
    problem: str = ""


# Takes ONNX files and the input side in pixels of each. tasks.py passes it in: browsers belong to wasm-check.
TimeInBrowser = Callable[[Sequence[tuple[Path, int]]], BrowserTimes]


def compare_speed(
    model_dir: Path, rows: Sequence[ManifestRow], size: int, time_in_browser: TimeInBrowser, folder: Path = FOLDER
) -> Comparison:
    """Return size, times and ratios of the stand-in, the first row, and of a model's files.

    Args:
        model_dir: model directory.
        rows: manifest rows of existing files; those of backend `strict`, which pages run, are compared.
        size: input side in pixels of the model.
        time_in_browser: measures in a browser.
        folder: where the stand-in is written.

    Raises:
        ExportError: if the stand-in cannot be written or a file does not run.
    """
    standin = folder / "standin.onnx"
    write_standin(standin, STAND_INS[CHOSEN])
    compared = [row for row in rows if row.backend == BACKEND]
    files = [(standin, SIZE), *((model_dir / row.file, size) for row in compared)]
    native = with_ratios(native_samples(files))
    measured = time_in_browser(files)
    in_browser = [None] * len(files) if measured.problem else with_ratios(measured.samples_ms)
    names = [STANDIN, *(row.variant for row in compared)]
    return Comparison(
        browser=Browser(engine=measured.engine, problem=measured.problem),
        rows=[
            ComparedFile(name=name, size_bytes=path.stat().st_size, native=natively, browser=browser)
            for name, (path, _), natively, browser in zip(names, files, native, in_browser, strict=True)
        ],
    )


def with_ratios(samples: Sequence[np.ndarray]) -> list[RelativeTimes]:
    """Return each file's percentiles, and the ratio of its median to the first file's; samples are in milliseconds."""
    medians = [float(np.median(each)) for each in samples]
    return [
        RelativeTimes(**percentiles(each), ratio=round(median / medians[0], 3))
        for each, median in zip(samples, medians, strict=True)
    ]
