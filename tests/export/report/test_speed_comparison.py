"""The stand-in has the size and the input and output of the public model; files are timed in turns with it."""

import numpy as np
import onnx
import pytest
import torch

from export.report import latency, speed_comparison
from export.report.latency import native_samples, percentiles
from export.report.speed_comparison import BrowserTimes, compare_speed, with_ratios
from export.report.standin import CHOSEN, STAND_INS, StandIn, scaled, write_standin
from kakitori.model_directory import open_model
from kakitori.schemas.bench import Browser


@pytest.fixture(autouse=True)
def _few_runs(monkeypatch):
    monkeypatch.setattr(latency, "WARM_UPS", 1)
    monkeypatch.setattr(latency, "RUNS", 20)


@pytest.fixture
def small(monkeypatch):
    """Make the stand-in small."""
    monkeypatch.setitem(speed_comparison.STAND_INS, CHOSEN, StandIn("small", 0.25, 2, 8, None))


def test_the_standin_has_the_size_of_its_model_and_the_same_bytes_every_time(tmp_path):
    before = torch.get_rng_state()
    for name in ("one", "two"):
        write_standin(tmp_path / name, STAND_INS[CHOSEN])
    assert torch.equal(torch.get_rng_state(), before)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert (tmp_path / "one").stat().st_size == pytest.approx(2.23e6, rel=0.01)
    graph = onnx.load(tmp_path / "one").graph
    assert [axis.dim_value for axis in graph.input[0].type.tensor_type.shape.dim][1:] == [1, 64, 64]
    assert graph.output[0].type.tensor_type.shape.dim[1].dim_value == 6507


@pytest.mark.parametrize(("channels", "width", "wanted"), [(80, 1.0, 80), (112, 0.8, 88), (16, 0.2, 8), (24, 0.5, 16)])
def test_channels_are_rounded_as_efficientnet_does(channels, width, wanted):
    assert scaled(channels, width) == wanted


def test_files_are_timed_in_turns_with_all_their_runs(tmp_path, small):
    path = tmp_path / "standin.onnx"
    write_standin(path, speed_comparison.STAND_INS[CHOSEN])
    first, second = native_samples([(path, 64), (path, 64)])
    assert len(first) == len(second) == latency.RUNS
    assert min(*first, *second) > 0


def test_percentiles_are_the_50th_and_the_95th():
    assert percentiles(range(101)) == {"p50_ms": 50.0, "p95_ms": 95.0}


def test_ratios_are_to_the_first_file():
    assert [row.ratio for row in with_ratios([np.full(9, 0.4), np.full(9, 0.1)])] == [1.0, 0.25]


def test_the_files_that_pages_run_are_compared_in_both_places(make_model, export, tmp_path, small):
    model = make_model()
    export(model, ["strict", "tract"], ["fp32"])
    heard = []

    def time_in_browser(files):
        heard.extend(files)
        return BrowserTimes("a browser", tuple(np.full(5, 1.0 + i) for i in range(len(files))))

    result = compare_speed(model, open_model(model).manifest.files, 32, time_in_browser, tmp_path)
    assert heard == [(tmp_path / "standin.onnx", 64), (model / "onnx/strict.fp32.onnx", 32)]
    assert [row.name for row in result.rows] == ["stand-in", "strict.fp32"]
    assert [row.browser.ratio for row in result.rows] == [1.0, 2.0]
    assert result.rows[1].native.ratio > 0
    assert result.browser == Browser(engine="a browser", problem="")
