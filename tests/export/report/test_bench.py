"""Existing files are measured; missing ones keep the figures of the same file in the same setting."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from export.errors import ManifestError
from export.report import bench
from export.report.speed_comparison import BrowserTimes
from kakitori.files import write_json
from kakitori.model_directory import read_manifest
from kakitori.schemas.bench import Bench, Browser, ComparedFile, Comparison, InkSpeed, RelativeTimes, Setting

COMPARISON = Comparison(
    browser=Browser(engine="", problem="no browser here"),
    rows=[
        ComparedFile(name="stand-in", size_bytes=1, native=RelativeTimes(p50_ms=0.2, p95_ms=0.3, ratio=1.0)),
        ComparedFile(name="strict.fp32", size_bytes=2, native=RelativeTimes(p50_ms=0.1, p95_ms=0.2, ratio=0.5)),
    ],
)
HERE = Setting(engine="an engine", processor="a processor", python="3", warm_ups=1, runs=3)
INK = [InkSpeed(side_px=32, images_per_second=1, images=1)]


@pytest.fixture
def measure(exported_model):
    """Return a function (milliseconds) that benches `exported_model` as if each run took that time.

    It returns the timings by variant, and the reported lines.
    """
    manifest = read_manifest(exported_model)

    def run(milliseconds=1.0):
        lines = []
        files = bench.time_files(
            exported_model, manifest, 32, HERE, lines.append, lambda paths: [np.full(3, milliseconds)] * len(paths)
        )
        measured = Bench(setting=HERE, date="2026-11-25", ink=INK, files=files, comparison=COMPARISON)
        bench.write_bench(measured, manifest, exported_model, lines.append)
        return {timing.variant: timing for timing in files}, lines

    return run


def test_every_file_is_measured_and_named_by_its_digest(exported_model, measure):
    timings, lines = measure(0.25)
    rows = read_manifest(exported_model).files
    assert {name: timing.sha256 for name, timing in timings.items()} == {row.variant: row.sha256 for row in rows}
    for name, timing in timings.items():
        assert timing.size_bytes == (exported_model / f"onnx/{name}.onnx").stat().st_size
        assert 0 < timing.gzip_bytes < timing.size_bytes
        assert (timing.p50_ms, timing.p95_ms) == (0.25, 0.25)
    assert not any("Not measured" in line for line in lines)


def test_a_machine_without_a_browser_compares_natively_and_reports_it(exported_model, measure):
    _, lines = measure()
    assert "Compared natively only: no browser here" in lines
    assert (exported_model / "bench.png").read_bytes().startswith(b"\x89PNG")
    card = (exported_model / "README.md").read_text(encoding="utf-8")
    assert "(bench.png)" in card
    assert "| strict.fp32 | 0.00 MB | 0.10 / 0.20 ms | 50 % |" in card
    assert "not in Chromium (no browser here)" in card


def test_an_absent_file_keeps_its_timing_and_the_command_is_printed(exported_model, measure):
    before, _ = measure(1.0)
    absent = ("strict.fp32", "tract.fp32", "tract.int4-weights")
    for name in absent:
        (exported_model / f"onnx/{name}.onnx").unlink()
    after, lines = measure(2.0)
    assert {name for name in before if after[name] == before[name]} == set(absent)
    assert lines[-3:] == [
        "Not measured, since the files are missing: strict.fp32, tract.fp32, tract.int4-weights. Export them:",
        f"  invoke export --model {exported_model} --backend strict --precision fp32",
        f"  invoke export --model {exported_model} --backend tract --precision fp32,int4-weights",
    ]


@pytest.mark.parametrize("field", ["sha256", "processor"])
def test_a_timing_of_another_file_or_setting_is_not_kept(exported_model, measure, field):
    before, _ = measure()
    measured = json.loads((exported_model / "bench.json").read_text())
    for part in (measured["setting"], *measured["files"]):
        if field in part:
            part[field] = "0" * 64
    write_json(exported_model / "bench.json", measured)
    (exported_model / "onnx/tract.fp32.onnx").unlink()
    after, _ = measure()
    assert before.keys() - after.keys() == {"tract.fp32"}


def test_a_changed_file_is_not_measured(exported_model, measure):
    (exported_model / "onnx/tract.fp32.onnx").write_bytes(b"changed")
    with pytest.raises(ManifestError, match=r"tract\.fp32\.onnx has changed .* `invoke export .*--precision fp32`"):
        measure()
    assert not (exported_model / "bench.json").exists()


def test_a_pooling_that_is_not_the_default_is_in_the_command(tmp_path):
    row = SimpleNamespace(backend="tract", pooling="fixed_avg", precision="int8")
    command = f"invoke export --model {tmp_path} --backend tract --pooling fixed_avg --precision int8"
    assert bench.export_commands([row], tmp_path) == [command]


@pytest.mark.slow
def test_a_whole_bench_fills_every_table(exported_model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the stand-in is written below runs/
    bench.run_bench(exported_model, lambda files: BrowserTimes(problem="no browser here"), [].append)
    measured = json.loads((exported_model / "bench.json").read_text())
    assert [row["variant"] for row in measured["files"]] == [row.variant for row in read_manifest(exported_model).files]
    assert all(0 < row["p50_ms"] <= row["p95_ms"] for row in measured["files"])
    assert [row["name"] for row in measured["comparison"]["rows"]] == [
        "stand-in",
        "strict.fp32",
        "strict.int4-weights",
        "strict.int8",
    ]
    assert min(row["images_per_second"] for row in measured["ink"]) > 0
