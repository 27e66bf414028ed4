"""Measure sizes and speed, alone and beside the stand-in; write them down and into the README's tables.

Needs:  a model directory with its manifest; a file that is not there keeps what was measured of it before
Run:    invoke bench
Writes: models/<name>/bench.json, bench.png, README.md; README.md between its markers; runs/standin/standin.onnx
"""

import gzip
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from export.backends import get_backend
from export.errors import ManifestError
from export.manifest import is_absent, is_intact
from export.report.comparison import TimeInBrowser, compare_speed
from export.report.latency import RUNS, WARM_UPS, native_samples, percentiles
from export.report.speed_table import write_speed_plot
from export.report.tables import BENCH_FILE, write_card, write_readme_tables
from kakitori.engine import ENGINE
from kakitori.files import read_json, write_json
from kakitori.model_directory import open_model
from kakitori.schemas.manifest import ManifestRow
from training.data.drawing_speed import bench_ink


def run_bench(
    model_dir: Path, readme: Path | None, time_in_browser: TimeInBrowser, report: Callable[[str], None] = print
) -> None:
    """Measure everything that is there, write `bench.json`, and renew the tables and the picture made from it.

    Raises:
        KakitoriError: if the model directory is incomplete, or a file is not the one of its manifest.
    """
    model = open_model(model_dir)
    spec, manifest = model.spec, model.manifest
    here = setting()
    earlier = earlier_rows(model_dir, here)
    report("Drawing ink")
    ink = bench_ink()
    files, present, absent = [], [], []
    for row in manifest.files:
        if is_absent(model_dir, row):
            absent.append(row)
            files += [old for old in earlier if (old["variant"], old["sha256"]) == (row.variant, row.sha256)]
            continue
        if not is_intact(model_dir, row):
            (command,) = export_commands([row], model_dir)
            raise ManifestError(f"{row.file} has changed since it was checked: run `{command}`.")
        report(f"Running {row.variant}")
        identity = {"variant": row.variant, "sha256": row.sha256, "date": today()}
        files.append(identity | bench_file(model_dir / row.file, spec.size))
        present.append(row)
    report("Running them and the stand-in in turns")
    comparison = compare_speed(model_dir, present, spec.size, time_in_browser)
    if comparison["browser"]["problem"]:
        report(f"Compared natively only: {comparison['browser']['problem']}")
    result = {"setting": here, "date": today(), "ink": ink, "files": files, "comparison": comparison}
    write_json(model_dir / BENCH_FILE, result)
    write_speed_plot(comparison, manifest, model_dir)
    write_card(model_dir)
    if readme:
        write_readme_tables(model_dir, readme)
        report(f"The tables of {readme} are new.")
    report(f"{model_dir / BENCH_FILE} and {model_dir / 'README.md'} are new.")
    if absent:
        report(f"Not there, so not measured now: {', '.join(row.variant for row in absent)}. They come back with")
        for command in export_commands(absent, model_dir):
            report(f"  {command}")


def earlier_rows(model_dir: Path, here: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of the last bench.json, if it was measured in the setting `here`: others do not compare."""
    path = model_dir / BENCH_FILE
    if not path.is_file():
        return []
    last = read_json(path)
    return last["files"] if last["setting"] == here else []


def export_commands(rows: list[ManifestRow], model_dir: Path) -> list[str]:
    """Return the commands that make the files of these manifest rows, one for each backend and pooling."""
    precisions: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        named = "" if row.pooling == get_backend(row.backend).default_pooling else f" --pooling {row.pooling}"
        precisions.setdefault((row.backend, named), []).append(row.precision)
    return [
        f"invoke export --model {model_dir} --backend {backend}{pooling} --precision {','.join(names)}"
        for (backend, pooling), names in precisions.items()
    ]


def today() -> str:
    """Return the date as YYYY-MM-DD."""
    return time.strftime("%Y-%m-%d")


def bench_file(path: Path, size: int) -> dict[str, Any]:
    """Return an ONNX file's size, raw and gzipped, and its latency for one image on one thread, in milliseconds."""
    content = path.read_bytes()
    [samples] = native_samples([(path, size)])
    sizes = {"size_bytes": len(content), "gzip_bytes": len(gzip.compress(content, 9, mtime=0))}
    return sizes | percentiles(samples)


def setting() -> dict[str, Any]:
    """Return on what and how it was measured."""
    return {
        "engine": f"{ENGINE}, CPU, 1 thread",
        "processor": processor_name(),
        "python": platform.python_version(),
        "warm_ups": WARM_UPS,
        "runs": RUNS,
    }


def processor_name() -> str:
    """Return the processor's name, as far as the system tells it."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
