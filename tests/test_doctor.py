"""The pre-flight check: what it finds, what it says, and its exit status."""

import io
import shutil
import subprocess
import sys
import time

import pytest
from rich.console import Console

import doctor
from doctor import NEEDS, Finding, check_gpu, check_packages, examine, lacking, read_pins, show
from kakitori.files import write_json


@pytest.fixture
def findings(root, monkeypatch):
    monkeypatch.chdir(root)
    return examine(root / "models" / "kanji", "strict.int8", root / "dist")


def printed(findings):
    text = io.StringIO()
    return show(findings, Console(file=text, width=200)), text.getvalue()


def test_every_need_is_a_finding(findings):
    names = [finding.what for finding in findings]
    assert len(names) == len(set(names))
    assert {name for need in NEEDS for name in need.findings} <= set(names)


def test_every_need_is_a_task_and_every_task_but_the_doctor_is_there():
    import tasks

    assert {need.task for need in NEEDS} == set(tasks.ns.task_names) - {"doctor"}


def test_what_is_lacking_comes_with_its_command(findings, tmp_path, monkeypatch, root):
    # A folder without a model, prepared sets or a site.
    monkeypatch.chdir(tmp_path)
    there = examine(tmp_path / "models" / "kanji", "strict.int8", tmp_path / "dist")
    works, text = printed(there)
    assert not works
    rows = {line.split()[2]: line for line in text.splitlines() if "invoke" in line and line.split()[1] == "invoke"}
    assert "yes" in rows["train"]
    assert "no" in rows["evaluate"]
    assert f"invoke train --model {tmp_path}/models/kanji" in rows["evaluate"]
    assert "invoke site" in rows["serve"]


def test_a_missing_package_and_another_version_are_told_apart():
    there = {"numpy": "2.4.6", "torch": "2.13.0+cpu", "onnx": "1.0"}
    pins = {"numpy": "2.4.6", "torch": "2.13.0", "onnx": "1.23.2", "numba": "0.68.1"}
    finding = check_packages("train", pins, there.get)
    assert not finding.ok
    assert finding.found == "3 of 4; missing: numba; untested versions: onnx 1.0 instead of 1.23.2"
    assert finding.mend == 'python -m pip install -e ".[train]"'


def test_tasks_that_need_the_packages_cannot_run_then():
    findings = [Finding("packages [train]", "0 of 9", False, "install")]
    assert [need.task for need in NEEDS if lacking(need, findings)] == [
        "data", "train", "ablate", "calibrate", "evaluate", "export", "bench", "test",
    ]  # fmt: skip


def test_pins_are_those_of_the_project(root):
    pins = read_pins(root / "pyproject.toml")
    assert list(pins) == ["", "train", "test"]
    assert "torch" in pins["train"]
    assert not any("kakitori" in name for extra in pins.values() for name in extra)


@pytest.mark.parametrize(
    ("torch", "ending"), [("2.13.0+cpu", "torch 2.13.0+cpu cannot use it"), ("2.13.0", "GPU, 80 GB"), (None, "80 GB")]
)
def test_a_gpu_is_named_and_a_torch_that_cannot_use_it(monkeypatch, torch, ending):
    monkeypatch.setattr(shutil, "which", lambda name: name)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 0, "Some GPU, 80 GB\n"))
    assert check_gpu(torch).found.endswith(ending)


def test_prepared_sets_are_listed_damaged_ones_too(findings, tmp_path):
    write_json(tmp_path / "etl9g-64" / "metadata.json", {"count": 607200, "num_classes": 3036})
    write_json(tmp_path / "kmnist-64" / "metadata.json", [])
    found = doctor.check_datasets(tmp_path).found
    assert found == "ink, etl9g-64 (607,200 images, 3,036 classes), kmnist-64 (damaged: prepare it again)"


def test_it_is_instant_and_its_status_tells_whether_the_default_tasks_can_run(root, tmp_path):
    started = time.monotonic()
    command = [sys.executable, "-m", "invoke", "doctor"]
    well = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    seconds = time.monotonic() - started
    ill = subprocess.run([*command, "--model", str(tmp_path)], cwd=root, capture_output=True, text=True, check=False)
    assert well.returncode == 0, well.stdout
    assert "packages [train]" in well.stdout
    assert seconds < 10  # a second on an idle machine
    assert (ill.returncode, "Traceback" in ill.stderr) == (1, False)
    assert "data, train, calibrate, evaluate, export and site" in ill.stderr
