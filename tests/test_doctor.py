"""The findings of `invoke doctor`, their report, and the exit status."""

import errno
import io
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

import doctor
from doctor import NEEDS, Finding, check_folder, check_gpu, check_packages, examine, lacking, read_pins, show
from kakitori.charset import get_charset
from kakitori.files import write_json
from kakitori.spec import KANJIVG_LICENCE
from training.data.prepared_writer import PreparedWriter


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


def test_every_task_but_doctor_has_its_needs():
    import tasks

    assert {need.task for need in NEEDS} == set(tasks.ns.task_names) - {"doctor"}


def test_what_is_lacking_comes_with_its_command(findings, tmp_path, monkeypatch, root):
    # A folder without a model, prepared sets or a site.
    monkeypatch.chdir(tmp_path)
    found = examine(tmp_path / "models" / "kanji", "strict.int8", tmp_path / "dist")
    works, text = printed(found)
    assert not works
    rows = {line.split()[2]: line for line in text.splitlines() if "invoke" in line and line.split()[1] == "invoke"}
    assert "yes" in rows["train"]
    assert "no" in rows["evaluate"]
    assert f"invoke train --model {tmp_path}/models/kanji" in rows["evaluate"]
    assert "invoke site" in rows["serve"]


def test_a_missing_package_and_another_version_are_distinguished():
    there = {"numpy": "2.4.6", "torch": "2.13.0+cpu", "onnx": "1.0"}
    pins = {"numpy": "2.4.6", "torch": "2.13.0", "onnx": "1.23.2", "numba": "0.68.1"}
    finding = check_packages("train", pins, there.get)
    assert not finding.ok
    assert finding.found == "3 of 4; missing: numba; untested versions: onnx 1.0 instead of 1.23.2"
    assert finding.mend == 'python -m pip install -e ".[train]"'


def test_tasks_that_need_the_packages_cannot_run_then():
    findings = [Finding("packages [train]", "0 of 9", False, "install")]
    assert [need.task for need in NEEDS if lacking(need, findings)] == [
        "data", "train", "ablate", "calibrate", "evaluate", "export", "bench", "lint", "test",
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


@pytest.fixture
def prepared(tmp_path):
    """A folder with one prepared set, digits-32, of 20 images."""
    charset = get_charset("digits")
    writer = PreparedWriter(tmp_path / "digits-32", charset, 32, 20, {})
    writer.write(0, labels=np.arange(20) % 10, splits=np.zeros(20))
    writer.finish(
        {"name": "digits", "split": {"how": ""}, "files": [], "preprocessing": {}, "licence": KANJIVG_LICENCE}
    )
    return tmp_path


def test_a_readable_set_is_listed(prepared):
    finding = doctor.check_datasets(prepared)
    assert (finding.found, finding.ok) == ("ink, digits-32 (20 images, 10 classes)", None)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda folder: write_json(folder / "metadata.json", []), "document: expected `object`, found []"),
        (lambda folder: (folder / "images.npy").unlink(), "images.npy cannot be read"),
        (lambda folder: (folder / "labels.npy").write_bytes(b"\x93NUMPY"), "labels.npy has 6 bytes, expected"),
    ],
)
def test_a_damaged_set_is_listed_with_the_reason(prepared, damage, reason):
    damage(prepared / "digits-32")
    finding = doctor.check_datasets(prepared)
    assert "digits-32 (damaged: " in finding.found
    assert reason in finding.found
    assert (finding.ok, finding.mend) == (False, f"rm -r {prepared}/digits-32, then invoke data")


def test_a_folder_is_tried_and_left_as_it_was(tmp_path):
    (tmp_path / "runs").mkdir()
    for name in ("runs", "datasets/deeper"):
        assert check_folder(name, tmp_path / name) == Finding(name, f"{tmp_path / name}: writable", True)
    assert [path.name for path in tmp_path.rglob("*")] == ["runs"]


@pytest.mark.parametrize("below", ["", "deeper"])
def test_a_dangling_link_in_place_of_a_folder_is_found(tmp_path, below):
    link = tmp_path / "datasets"
    link.symlink_to("/nowhere/at/all")
    finding = check_folder("datasets folder", link / below)
    assert not finding.ok
    assert finding.found == f"{link} is a link to /nowhere/at/all, which is no folder"
    assert finding.mend == f"rm {link}"


def test_a_file_in_place_of_a_folder_is_found(tmp_path):
    (tmp_path / "runs").write_text("")
    finding = check_folder("runs folder", tmp_path / "runs")
    assert (finding.found, finding.mend) == (
        f"{tmp_path}/runs is a file, expected a folder", f"mv {tmp_path}/runs {tmp_path}/runs.old",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("number", "mend"), [(errno.EACCES, "chmod u+rwx {}"), (errno.EROFS, "df {}"), (errno.ENOSPC, "df {}")]
)
def test_a_folder_that_cannot_be_written_is_found(tmp_path, monkeypatch, number, mend):
    def fail(**_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("kakitori.folders.NamedTemporaryFile", fail)
    finding = check_folder("models folder", tmp_path)
    assert finding.found == f"{tmp_path} is not writable ({os.strerror(number)})"
    assert finding.mend == mend.format(tmp_path)


def test_a_task_cannot_run_without_its_folder(findings, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "datasets").symlink_to("nowhere")
    broken = examine(tmp_path / "models" / "kanji", "strict.int8", tmp_path / "dist")
    (need,) = [need for need in NEEDS if need.task == "data"]
    assert [finding.mend for finding in lacking(need, broken)] == ["rm datasets"]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("model.safetensors", None, "models/kanji: model.safetensors is missing"),
        ("model.safetensors", b"", "model.safetensors has the SHA-256 e3b0c44298fc"),
        ("config.json", b"{}", "missing required field"),
        ("config.json", b"no JSON", "not valid JSON"),
    ],
)
def test_weights_that_cannot_be_read_are_found(tmp_path, monkeypatch, shipped_model, name, content, reason):
    monkeypatch.chdir(tmp_path)
    folder = Path("models/kanji")
    folder.mkdir(parents=True)
    for file in ("model.safetensors", "config.json"):
        shutil.copy(shipped_model / file, folder)
    assert doctor.check_model(folder, "strict.int8")[0].ok
    (folder / name).unlink() if content is None else (folder / name).write_bytes(content)
    finding = doctor.check_model(folder, "strict.int8")[0]
    assert (finding.ok, finding.mend) == (False, "invoke train --model models/kanji")
    assert reason in finding.found


STRICT = "onnx/strict.int8.onnx"


def flip_last_bit(path):
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


def test_weights_of_the_right_length_with_another_content_are_found(tmp_path, shipped_model):
    for file in ("model.safetensors", "config.json"):
        shutil.copy(shipped_model / file, tmp_path)
    flip_last_bit(tmp_path / "model.safetensors")
    found = doctor.check_model(tmp_path, "strict.int8")[0].found
    assert re.search(r"model\.safetensors has the SHA-256 \w{64}, and config\.json has \w{64}$", found)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda model: (model / STRICT).write_bytes(b""), r"strict\.int8\.onnx has the size 0, and"),
        (lambda model: flip_last_bit(model / STRICT), r"strict\.int8\.onnx has the SHA-256 \w{64}, and"),
        (lambda model: (model / STRICT).unlink(), r"strict\.int8\.onnx is missing"),
        (lambda model: (model / "mapping.json").unlink(), r"mapping\.json does not exist"),
        (lambda model: (model / "mapping.json").write_text("{}"), r"mapping\.json, document: .*missing required field"),
    ],
)
def test_a_damaged_exported_file_is_found(tmp_path, shipped_model, damage, reason):
    shutil.copytree(shipped_model, tmp_path / "model")
    assert doctor.check_model(tmp_path / "model", "strict.int8")[1].ok
    damage(tmp_path / "model")
    finding = doctor.check_model(tmp_path / "model", "strict.int8")[1]
    assert (finding.ok, finding.mend) == (False, f"invoke export --backend strict --model {tmp_path}/model")
    assert re.search(reason, finding.found)


def test_it_is_fast_and_its_exit_status_says_whether_the_default_tasks_can_run(root, tmp_path):
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
