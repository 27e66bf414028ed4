"""Latency of ONNX files for one image on one thread, measured in turns so that other load affects all files alike."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from kakitori.engine import open_session
from kakitori.spec import INPUT_NAME, PAPER
from training.progress.display import Bar

WARM_UPS, RUNS = 50, 500  # of one image each
# A turn is many runs: in turns of one run each file's weights would leave the cache before its next run, see
# docs/measurements.md#files-in-turns.
TURNS = 10
TURN_WARM_UPS = 5  # runs of each turn that are not timed: they load the weights into the cache


def native_samples(files: Sequence[tuple[Path, int]]) -> list[np.ndarray]:
    """Return the durations of RUNS runs of each file in ONNX Runtime, (RUNS,) float64 in milliseconds.

    Args:
        files: ONNX files, and the input side in pixels of each.

    Raises:
        EngineError: if ONNX Runtime does not accept a file.
    """
    runs = [_one_image(path, size) for path, size in files]
    for run in runs:
        _time(run, WARM_UPS)
    each = max(1, RUNS // TURNS)
    turns: list[list[np.ndarray]] = []
    with Bar("Timing", TURNS, "turns", is_still=True) as bar:
        for _ in range(TURNS):
            turns.append([_time(run, TURN_WARM_UPS + each)[TURN_WARM_UPS:] for run in runs])
            bar.advance()
    return [np.concatenate(samples) for samples in zip(*turns, strict=True)]


def _one_image(path: Path, size: int) -> Callable[[], object]:
    session = open_session(path, threads=1)
    feed = {INPUT_NAME: np.full((1, 1, size, size), PAPER, np.float32)}
    return lambda: session.run(None, feed)


def _time(run: Callable[[], object], times: int) -> np.ndarray:
    """Return the durations of successive runs, (times,) float64 in milliseconds."""
    samples = np.empty(times)
    for i in range(times):
        started = time.perf_counter()
        run()
        samples[i] = 1000 * (time.perf_counter() - started)
    return samples


def percentiles(samples_ms: Sequence[float] | np.ndarray) -> dict[str, float]:
    """Return `p50_ms` and `p95_ms` of samples in milliseconds."""
    p50, p95 = np.percentile(samples_ms, [50, 95])
    return {"p50_ms": round(float(p50), 3), "p95_ms": round(float(p95), 3)}
