"""Our files beside the stand-in for the model that pages run: the same images, threads and minutes, as ratios."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from export.report.latency import native_samples, percentiles
from export.report.standin import BACKEND, CHOSEN, FOLDER, SIZE, STAND_INS, write_standin
from kakitori.schemas.manifest import ManifestRow

STANDIN = "stand-in"


@dataclass(frozen=True)
class BrowserTimes:
    """What a browser measured: `engine` is its name and versions; or `problem`, why it measured nothing."""

    engine: str = ""
    samples_ms: tuple[np.ndarray, ...] = ()  # one array a file, each value the mean of about 10 ms of runs
    problem: str = ""


# From ONNX files and the input side in pixels of each. Given by tasks.py: browsers are another room's.
TimeInBrowser = Callable[[Sequence[tuple[Path, int]]], BrowserTimes]


def compare_speed(
    model_dir: Path, rows: Sequence[ManifestRow], size: int, time_in_browser: TimeInBrowser, folder: Path = FOLDER
) -> dict[str, Any]:
    """Return `rows`, the stand-in's first, with size, times and ratios to it, and `browser`, what ran them or why not.

    Args:
        rows: manifest rows of files that are there; those of backend `strict`, which pages run, are compared.
        size: input side in pixels of the model.
        folder: where the stand-in is written.

    Raises:
        ExportError: if the stand-in cannot be written or a file does not run.
    """
    standin = folder / "standin.onnx"
    write_standin(standin, STAND_INS[CHOSEN])
    compared = [row for row in rows if row.backend == BACKEND]
    files = [(standin, SIZE), *((model_dir / row.file, size) for row in compared)]
    times = {"native": with_ratios(native_samples(files))}
    browser = time_in_browser(files)
    if not browser.problem:
        times["browser"] = with_ratios(browser.samples_ms)
    names = [STANDIN, *(row.variant for row in compared)]
    return {
        "browser": {"engine": browser.engine, "problem": browser.problem},
        "rows": [
            {"name": name, "size_bytes": path.stat().st_size, **{place: row[i] for place, row in times.items()}}
            for i, (name, (path, _)) in enumerate(zip(names, files, strict=True))
        ],
    }


def with_ratios(samples: Sequence[np.ndarray]) -> list[dict[str, float]]:
    """Return each file's `p50_ms`, `p95_ms`, and `ratio`: its middle time over the first file's."""
    middles = [float(np.median(each)) for each in samples]
    ratios = [{"ratio": round(middle / middles[0], 3)} for middle in middles]
    return [percentiles(each) | ratio for each, ratio in zip(samples, ratios, strict=True)]
