"""Measure the sizes and latencies of a model's files and of the stand-in; renew the tables made from them.

Needs:  a model directory with its manifest; files that are missing keep their earlier figures
Run:    invoke bench
Writes: models/<name>/bench.json, bench.png; the documents of `write_reports`; runs/standin/standin.onnx
"""

import gzip
import platform
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from export.backends import get_backend
from export.errors import ManifestError
from export.manifest import is_absent, is_intact
from export.report.documents import write_reports
from export.report.latency import RUNS, WARM_UPS, native_samples, percentiles
from export.report.measurements import BENCH_FILE
from export.report.speed_comparison import TimeInBrowser, compare_speed
from export.report.speed_table import write_speed_plot
from kakitori.engine import ENGINE
from kakitori.model_directory import open_model
from kakitori.schemas.bench import Bench, InkSpeed, Setting, Timing
from kakitori.schemas.manifest import Manifest, ManifestRow
from kakitori.schemas.reader import read_document, write_document
from training.data.inspection import bench_ink
from training.progress.display import Bar

Sampler = Callable[[Sequence[tuple[Path, int]]], list[np.ndarray]]  # as `export.report.latency.native_samples`


def run_bench(model_dir: Path, time_in_browser: TimeInBrowser, report: Callable[[str], None] = print) -> None:
    """Measure every existing file, write `bench.json`, and renew the documents and the plot made from it.

    Raises:
        KakitoriError: if the model directory is incomplete, or a file differs from its manifest row.
    """
    model = open_model(model_dir)
    spec, manifest = model.spec, model.manifest
    here = setting()
    report("Drawing ink")
    ink = [InkSpeed(**row) for row in bench_ink()]
    files = time_files(model_dir, manifest, spec.size, here, report)
    report("Running them and the stand-in in turns")
    present = [row for row in manifest.files if not is_absent(model_dir, row)]
    comparison = compare_speed(model_dir, present, spec.size, time_in_browser)
    measured = Bench(setting=here, date=today(), ink=ink, files=files, comparison=comparison)
    write_bench(measured, manifest, model_dir, report)


def time_files(
    model_dir: Path,
    manifest: Manifest,
    size: int,
    here: Setting,
    report: Callable[[str], None],
    sample: Sampler = native_samples,
) -> list[Timing]:
    """Return the timings of a manifest's files; an absent file has its earlier one, or none.

    Args:
        size: input side in pixels.
        here: the present setting.
        report: takes one line for the user.
        sample: measures durations, as `native_samples` does.

    Raises:
        ManifestError: if a file differs from its manifest row.
    """
    absent = [row for row in manifest.files if is_absent(model_dir, row)]
    timings = {row.variant: timing for row, timing in earlier_timings(model_dir, here, absent)}
    present = [row for row in manifest.files if row not in absent]
    with Bar("Files", len(present), "files", is_still=True) as bar:
        for row in present:
            timings[row.variant] = time_file(model_dir, row, size, report, sample)
            bar.advance()
    return [timings[row.variant] for row in manifest.files if row.variant in timings]


def write_bench(measured: Bench, manifest: Manifest, model_dir: Path, report: Callable[[str], None]) -> None:
    """Write `bench.json`, the plot and the documents made from them; report what was not measured."""
    write_document(model_dir / BENCH_FILE, measured)
    if comparison := measured.comparison:
        if comparison.browser.problem:
            report(f"Compared natively only: {comparison.browser.problem}")
        write_speed_plot(comparison, manifest, model_dir)
    written = [model_dir / BENCH_FILE, *write_reports(model_dir)]
    report(f"Wrote {', '.join(map(str, written))}.")
    absent = [row for row in manifest.files if is_absent(model_dir, row)]
    if absent:
        report(f"Not measured, since the files are missing: {', '.join(row.variant for row in absent)}. Export them:")
        for command in export_commands(absent, model_dir):
            report(f"  {command}")


def earlier_timings(model_dir: Path, here: Setting, absent: list[ManifestRow]) -> list[tuple[ManifestRow, Timing]]:
    """Return the absent files with their rows in the last bench.json, of the same bytes and the same setting."""
    path = model_dir / BENCH_FILE
    if not absent or not path.is_file():
        return []
    last = read_document(path, Bench)
    known = {(old.variant, old.sha256): old for old in last.files} if last.setting == here else {}
    return [(row, known[row.variant, row.sha256]) for row in absent if (row.variant, row.sha256) in known]


def time_file(model_dir: Path, row: ManifestRow, size: int, report: Callable[[str], None], sample: Sampler) -> Timing:
    """Return an ONNX file's size, raw and gzipped, and its latency for one image of `size` pixels on one thread.

    Raises:
        ManifestError: if the file differs from its manifest row.
    """
    if not is_intact(model_dir, row):
        (command,) = export_commands([row], model_dir)
        raise ManifestError(f"{row.file} has changed since it was checked: run `{command}`.")
    report(f"Running {row.variant}")
    path = model_dir / row.file
    content = path.read_bytes()
    [samples] = sample([(path, size)])
    return Timing(
        variant=row.variant, sha256=row.sha256, date=today(), size_bytes=len(content),
        gzip_bytes=len(gzip.compress(content, 9, mtime=0)), **percentiles(samples),
    )  # fmt: skip


def export_commands(rows: list[ManifestRow], model_dir: Path) -> list[str]:
    """Return the commands that export the files of these manifest rows, one for each backend and pooling."""
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


def setting() -> Setting:
    """Return the engine, the machine, and the number of runs."""
    return Setting(
        engine=f"{ENGINE}, CPU, 1 thread", processor=processor_name(), python=platform.python_version(),
        warm_ups=WARM_UPS, runs=RUNS,
    )  # fmt: skip


def processor_name() -> str:
    """Return the processor's name, or the machine's architecture if the system does not give it."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
