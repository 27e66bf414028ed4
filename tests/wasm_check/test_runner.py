"""Real workers: their results, and the clean-up when they hang, die or get an invalid file."""

import dataclasses
import os
import signal
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest

from tests.wasm_check.tiny import make_subject, write_classifier
from wasm_check.engines import select_columns
from wasm_check.runner import RUN_VARIABLE, run_column

NATIVE = ("onnxruntime", "tract")


def column_of(engine):
    return select_columns([engine], [])[0]


def left_over():
    return [p for p in psutil.Process().children(recursive=True) if RUN_VARIABLE in p.environ()]


@pytest.mark.parametrize("engine", NATIVE)
def test_a_native_engine_gives_the_right_logits_and_times(engine, subject, suite, heard):
    run_column(column_of(engine), [subject], [suite], heard)
    np.testing.assert_allclose(heard.logits[subject.key], suite.expected, atol=1e-5)
    result = heard.results[subject.key]
    assert min(result["load_ms"], result["first_ms"], *result["samples_ms"]) > 0
    assert engine in heard.facts["version"]


@pytest.mark.parametrize("engine", NATIVE)
def test_a_file_that_cannot_be_run_is_an_error_in_the_engines_words_and_the_next_goes_on(
    engine, tmp_path, subject, suite, heard
):
    content = subject.path.read_bytes()
    truncated = tmp_path / "truncated.onnx"
    truncated.write_bytes(content[: len(content) // 2])
    unknown = write_classifier(tmp_path / "unknown.onnx", "Quantumize", "org.example")
    run_column(column_of(engine), [*map(make_subject, (truncated, unknown)), subject], [suite], heard)
    assert {"error"} == heard.results["tiny:truncated"].keys() == heard.results["tiny:unknown"].keys()
    assert "Quantumize" in heard.results["tiny:unknown"]["error"]
    assert subject.key in heard.logits


def test_a_worker_that_dies_costs_one_subject(subject, suite, heard, tmp_path):
    # Inputs that keep the worker busy until it is killed.
    many = dataclasses.replace(suite, name="many", inputs=np.tile(suite.inputs, (20_000, 1, 1, 1)))
    doomed = dataclasses.replace(make_subject(write_classifier(tmp_path / "doomed.onnx")), suite="many")

    def kill(key):
        if key == doomed.key:
            [worker] = left_over()
            os.kill(worker.pid, signal.SIGKILL)

    heard.start = kill
    run_column(column_of("onnxruntime"), [doomed, subject], [suite, many], heard)
    assert "ended with status -9" in heard.results[doomed.key]["error"]
    assert len(heard.logits[subject.key]) == len(suite.inputs)
    assert left_over() == []


def test_a_worker_that_is_silent_too_long_is_stopped(subject, suite, heard):
    run_column(column_of("onnxruntime"), [subject], [suite], heard, seconds=1e-3)
    assert "no answer within 0.001 s" in heard.results[subject.key]["error"]
    assert left_over() == []


def test_no_worker_outlives_the_matrix(classifier, tmp_path):
    code = (
        "import os, signal; from pathlib import Path; from tests.wasm_check import tiny; "
        "from wasm_check.engines import select_columns; from wasm_check.runner import run_column; "
        "from wasm_check.job import Suite; import numpy as np\n"
        "class Dying:\n"
        "    def engine(self, facts): pass\n"
        "    def start(self, key): os.kill(os.getpid(), signal.SIGKILL)\n"
        f"subject = tiny.make_subject(Path({str(classifier)!r}))\n"
        "suite = Suite('tiny', np.tile(tiny.INPUTS, (20_000, 1, 1, 1)), np.zeros((1, 7)), 1, '')\n"
        "run_column(select_columns(['onnxruntime'], [])[0], [subject], [suite], Dying())\n"
    )
    environment = os.environ | {"TMPDIR": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
    assert subprocess.run([sys.executable, "-c", code], check=False, env=environment).returncode == -signal.SIGKILL
    deadline = time.monotonic() + 20
    while still := [pid for pid in psutil.pids() if str(tmp_path) in command_of(pid)]:
        assert time.monotonic() < deadline, still
        time.sleep(0.1)


def command_of(pid):
    try:
        return " ".join(psutil.Process(pid).cmdline())
    except psutil.Error:
        return ""


def test_an_engine_that_never_starts_fails_every_subject_once(subject, suite, heard, monkeypatch):
    monkeypatch.setattr("wasm_check.runner.START_SECONDS", 1e-3)
    run_column(column_of("tract"), [subject], [suite], heard)
    assert "did not start" in heard.results[subject.key]["error"]
