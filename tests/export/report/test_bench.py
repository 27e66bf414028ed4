"""Existing files are measured; missing ones keep the figures of the same file in the same setting."""

import json
from types import SimpleNamespace

import pytest

from export.errors import ManifestError
from export.report import bench, latency
from export.report.measurements import make_tables
from export.report.speed_comparison import BrowserTimes
from kakitori.files import write_json
from kakitori.schemas.bench import Browser, ComparedFile, Comparison, RelativeTimes

COMPARISON = Comparison(
    browser=Browser(engine="", problem="no browser here"),
    rows=[
        ComparedFile(name="stand-in", size_bytes=1, native=RelativeTimes(p50_ms=0.2, p95_ms=0.3, ratio=1.0)),
        ComparedFile(name="strict.fp32", size_bytes=2, native=RelativeTimes(p50_ms=0.1, p95_ms=0.2, ratio=0.5)),
    ],
)


def no_browser(files):
    """A `TimeInBrowser` of a machine without a browser."""
    return BrowserTimes(problem="no browser here")


@pytest.fixture
def measure(make_model, export, monkeypatch):
    """Return (model directory with three files, a function that benches it and returns the reported lines)."""
    monkeypatch.setattr(latency, "WARM_UPS", 1)
    monkeypatch.setattr(latency, "RUNS", 3)
    monkeypatch.setattr(bench, "bench_ink", lambda: [{"side_px": 32, "images_per_second": 1, "images": 1}])
    monkeypatch.setattr(bench, "write_reports", lambda model_dir: [])  # a tiny model has no training facts
    monkeypatch.setattr(bench, "compare_speed", lambda *_: COMPARISON)
    model = make_model()
    export(model, ["strict", "tract"], ["fp32", "int4-weights"])

    def run():
        lines = []
        bench.run_bench(model, no_browser, lines.append)
        return lines

    return model, run


def rows_of(model):
    return {row["variant"]: row for row in json.loads((model / "bench.json").read_text())["files"]}


def test_every_file_is_measured_and_named_by_its_digest(measure):
    model, run = measure
    assert not any("Not measured" in line for line in run())
    digests = {row["variant"]: row["sha256"] for row in json.loads((model / "manifest.json").read_text())["files"]}
    assert {name: row["sha256"] for name, row in rows_of(model).items()} == digests
    for name, row in rows_of(model).items():
        assert row["size_bytes"] == (model / f"onnx/{name}.onnx").stat().st_size
        assert 0 < row["p50_ms"] <= row["p95_ms"]


def test_a_machine_without_a_browser_compares_natively_and_reports_it(measure):
    model, run = measure
    assert "Compared natively only: no browser here" in run()
    assert (model / "bench.png").read_bytes().startswith(b"\x89PNG")
    table = make_tables(model)["speed"]
    assert "| strict.fp32 | 0.00 MB | 0.10 / 0.20 ms | 50 % |" in table
    assert "not in Chromium (no browser here)" in table


def test_an_absent_file_keeps_its_row_and_the_command_is_printed(measure):
    model, run = measure
    run()
    before = rows_of(model)
    for name in ("tract.fp32", "tract.int4-weights", "strict.fp32"):
        (model / f"onnx/{name}.onnx").unlink()
    lines = run()
    assert {name: rows_of(model)[name] for name in ("tract.fp32", "strict.fp32")} == {
        name: before[name] for name in ("tract.fp32", "strict.fp32")
    }
    assert lines[-3:] == [
        "Not measured, since the files are missing: strict.fp32, tract.fp32, tract.int4-weights. Export them:",
        f"  invoke export --model {model} --backend strict --precision fp32",
        f"  invoke export --model {model} --backend tract --precision fp32,int4-weights",
    ]


@pytest.mark.parametrize("field", ["sha256", "processor"])
def test_a_row_of_another_file_or_setting_is_not_kept(measure, field):
    model, run = measure
    run()
    measured = json.loads((model / "bench.json").read_text())
    for part in (measured["setting"], *measured["files"]):
        if field in part:
            part[field] = "0" * 64
    write_json(model / "bench.json", measured)
    (model / "onnx/tract.fp32.onnx").unlink()
    run()
    assert rows_of(model).keys() == {"strict.fp32", "strict.int4-weights", "tract.int4-weights"}


def test_a_changed_file_is_not_measured(measure):
    model, run = measure
    (model / "onnx/tract.fp32.onnx").write_bytes(b"changed")
    with pytest.raises(ManifestError, match=r"tract\.fp32\.onnx has changed .* `invoke export .*--precision fp32`"):
        run()
    assert not (model / "bench.json").exists()


def test_a_pooling_that_is_not_the_default_is_in_the_command(tmp_path):
    row = SimpleNamespace(backend="tract", pooling="fixed_avg", precision="int8")
    command = f"invoke export --model {tmp_path} --backend tract --pooling fixed_avg --precision int8"
    assert bench.export_commands([row], tmp_path) == [command]
