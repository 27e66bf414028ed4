"""Measure sizes and speed; write them down and into the README's tables.

Needs:  a model directory with its exported files
Run:    invoke bench
Writes: models/<name>/bench.json, README.md between its markers, models/<name>/README.md
"""

import gzip
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from export.engine import ENGINE, open_session
from export.manifest import read_manifest
from export.report import BENCH_FILE, write_card, write_readme_tables
from training.bench import bench_ink
from training.files import write_json
from training.spec import INPUT_NAME, read_spec

WARM_UPS, RUNS = 50, 500  # of one image each


def run_bench(model_dir: Path, readme: Path, report: Callable[[str], None] = print) -> None:
    """Measure everything, write `bench.json`, and renew the tables made from it.

    Raises:
        KakitoriError: if the model directory is incomplete.
    """
    spec, manifest = read_spec(model_dir), read_manifest(model_dir)
    report("Drawing ink")
    ink = bench_ink()
    files = []
    for row in manifest["files"]:
        report(f"Running {row['variant']}")
        files.append({"variant": row["variant"], **bench_file(model_dir / row["file"], spec.size)})
    result = {"setting": setting(), "ink": ink, "files": files}
    write_json(model_dir / BENCH_FILE, result)
    write_card(model_dir)
    write_readme_tables(model_dir, readme)
    report(f"{model_dir / BENCH_FILE}, {model_dir / 'README.md'} and the tables of {readme} are new.")


def bench_file(path: Path, size: int) -> dict[str, Any]:
    """Return an ONNX file's size, raw and gzipped, and its latency for one image on one thread, in milliseconds."""
    content = path.read_bytes()
    session = open_session(path, threads=1)
    image = np.full((1, 1, size, size), -1, np.float32)
    seconds = []
    for _ in range(WARM_UPS + RUNS):
        started = time.perf_counter()
        session.run(None, {INPUT_NAME: image})
        seconds.append(time.perf_counter() - started)
    p50, p95 = np.percentile(np.array(seconds[WARM_UPS:]) * 1000, [50, 95])
    return {
        "size_bytes": len(content),
        "gzip_bytes": len(gzip.compress(content, 9, mtime=0)),
        "p50_ms": round(float(p50), 3),
        "p95_ms": round(float(p95), 3),
    }


def setting() -> dict[str, Any]:
    """Return on what and how it was measured."""
    return {
        "engine": f"{ENGINE}, CPU, 1 thread",
        "processor": processor_name(),
        "python": platform.python_version(),
        "warm_ups": WARM_UPS,
        "runs": RUNS,
        "date": time.strftime("%Y-%m-%d"),
    }


def processor_name() -> str:
    """Return the processor's name, as far as the system tells it."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
