"""Times in Chromium of every file, or the reason why there are none."""

import pytest

from tests.wasm_check.tiny import SIDE
from wasm_check import speed


def test_without_playwright_the_reason_is_returned(monkeypatch):
    monkeypatch.setattr(speed, "find_spec", lambda name: None)
    assert "playwright is not installed" in speed.time_in_chromium([]).problem


def test_a_missing_browser_is_the_reason(monkeypatch, classifier):
    monkeypatch.setattr(speed, "run_column", lambda column, subjects, suites, heard: heard.unavailable("no Chromium"))
    assert speed.time_in_chromium([(classifier, SIDE)]).problem == "no Chromium"


@pytest.mark.browser
def test_every_file_is_timed_in_every_turn(monkeypatch, classifier):
    monkeypatch.setattr(speed, "TURNS", 2)
    times = speed.time_in_chromium([(classifier, SIDE), (classifier, SIDE)])
    assert times.problem == ""
    assert "onnxruntime-web" in times.engine
    assert "Chromium" in times.engine
    assert all(min(samples) > 0 for samples in times.samples_ms)
    assert len(times.samples_ms) == 2
