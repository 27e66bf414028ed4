"""The tasks as their users run them: exit status and messages."""

import os
import re
import subprocess
import sys

import pytest
from invoke import Exit, Program

import tasks
from export.backends import BACKENDS, STRICT_OPERATORS
from task_decorator import clear_errors

TASKS = ("ablate", "bench", "calibrate", "compat", "data", "doctor", "evaluate", "export", "lint", "read", "serve",
         "site", "test", "train")  # fmt: skip


@pytest.fixture
def invoke(root, monkeypatch, capsys):
    """Return a function that runs a task in this process: arguments -> (exit status, stdout, stderr)."""
    monkeypatch.chdir(root)

    def run(*arguments):
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            Program(namespace=tasks.ns).run(["invoke", *map(str, arguments)])
        return end.value.code, *capsys.readouterr()

    return run


def run_without(modules, root, *arguments):
    """Return the completed process of a task on a machine without these modules."""
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({modules})); sys.argv = ['invoke', *{arguments}]; "
        "from invoke.main import program; program.run()"
    )
    environment = os.environ | {"COLUMNS": "200"}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)


def test_the_list_names_every_task_and_needs_no_torch(root):
    listed = run_without(("torch", "numpy", "onnx"), root, "--list").stdout
    assert tuple(re.findall(r"^  (\w+)  ", listed, re.MULTILINE)) == TASKS


def test_export_lists_its_tables_without_torch(root):
    listed = run_without(("torch", "numpy", "onnx"), root, "export", "--list").stdout
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in listed.splitlines() if line[:1] == "│"]
    rows = {line[0]: line[1:] for line in cells}
    for backend in BACKENDS.values():
        opset, _, poolings, precisions = rows[backend.name]
        assert (opset, precisions.split(", ")) == (str(backend.opset), list(backend.precisions))
        assert poolings.startswith(f"{backend.default_pooling} (default)")
    assert rows["every file"] == [", ".join(sorted(STRICT_OPERATORS))]
    assert rows["strict.fp16 also"] == ["Cast"]
    assert (rows["adaptive_avg"][1], rows["max_2x2"][1]) == ("C", "4C")
    assert rows["int4-weights"][-1] == "0.5"
    assert "No strict.int8-dynamic: it needs ConvInteger" in listed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("export", "--backend", "coreml"), "tract, ort-tract, strict"),
        (("export", "--backend", "strict", "--pooling", "median"), "adaptive_avg"),
        (("export", "--backend", "strict", "--precision", "int2"), "fp32, fp16"),
        (("export", "--model", "models/nowhere"), "models/nowhere"),
        (("train", "--arch", "vit"), "resnet, compact, cnn"),
        (("train", "--dataset", "imagenet"), "ink"),
        (("train", "--class-limit", "1"), "2 to the 3,036"),
        (("data", "--source", "dreams"), "ink"),
        (("data", "--source", "k49"), "name their folder with --from"),
        (("data", "--inspect", "dreams"), "Unknown dataset 'dreams'"),
        (("train", "--dataset", "ink", "--mix", "1:2"), "--mix '1:2': expected 1 number"),
        (("data", "--source", "etl"), "name their folder with --etl-dir"),
        (("data", "--source", "etl", "--etl-dir", "no/such/folder"), "no/such/folder"),
        (("site", "--model", "models/nowhere"), "models/nowhere"),
        (("site", "--variant", "strict.int4"), "strict.int8"),
        (("serve", "--dist", "no/such/folder"), "no/such/folder"),
        (("compat", "--engine", "netscape"), "ort-web-webgpu"),
        (("compat", "--browser", "netscape"), "webkit"),
        (("compat", "--variant", "strict.int2"), "strict.int8"),
        (("compat", "--onnx", "nowhere.onnx"), "--inputs"),
        (("compat", "--onnx", "nowhere.onnx", "--inputs", "nowhere.npz"), "nowhere.onnx"),
        (("compat", "--onnx", "a.onnx", "--inputs", "a.npz", "--variant", "strict.fp32"), "does not go with --variant"),
        (("compat", "--onnx", "a.onnx", "--inputs", "a.npz", "--strokes", "a.jsonl"), "does not go with --strokes"),
        (("compat", "--onnx", "a.onnx", "--inputs", "a.npz", "--model", "models/kanji"), "does not go with --model"),
        (("export", "--list", "--precision", "fp32,int8"), "--list does not go with --precision"),
        (("evaluate", "--dataset", "ink", "--record"), "--images DIR"),
        (("evaluate",), "--strokes FILE, --images DIR or --dataset"),
        (("evaluate", "--strokes", "nowhere.jsonl"), "nowhere.jsonl"),
        (("evaluate", "--dataset", "ink", "--corruptions"), "name a stroke file with --strokes"),
        (("evaluate", "--variant", "strict.int4", "--dataset", "ink"), "strict.int8"),
    ],
)
def test_a_users_mistake_is_one_sentence_and_status_1(invoke, arguments, message):
    status, stdout, stderr = invoke(*arguments)
    assert status == 1, stdout + stderr
    assert message in stdout + stderr
    assert len(stderr.strip().splitlines()) == 1, stderr


def test_a_process_ends_with_the_sentence_and_the_status(root):
    command = [sys.executable, "-m", "invoke", "site", "--model", "models/nowhere"]
    result = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (1, "")
    assert re.fullmatch(r".*models/nowhere.*\n", result.stderr)


def test_a_broken_stroke_file_names_its_line_and_changes_nothing(invoke, tmp_path, shipped_model):
    path = tmp_path / "ink.jsonl"
    path.write_text('{"char": "田", "strokes": [[[0, 0], [1, 1]]]}\n{"char": "田", "stro', encoding="utf-8")
    before = {file: file.read_bytes() for file in shipped_model.glob("*.json")}
    status, _, stderr = invoke("evaluate", "--strokes", path)
    assert (status, "line 2" in stderr) == (1, True)
    assert {file: file.read_bytes() for file in shipped_model.glob("*.json")} == before


def test_a_task_without_its_packages_says_how_to_get_them(root):
    result = run_without(("torch",), root, "train", "--class-limit", "5")
    assert result.returncode == 1
    assert 'This task needs torch: python -m pip install -e ".[train]"' in result.stderr


@pytest.mark.parametrize(("module", "extra"), [("psutil", "test"), ("xdist", "test"), ("onnx", "train")])
def test_a_missing_package_is_named_with_its_extra(module, extra):
    @clear_errors
    def body():
        raise ModuleNotFoundError(name=module)

    with pytest.raises(Exit, match=rf'This task needs {module}: python -m pip install -e "\.\[{extra}\]"'):
        body()


def test_a_missing_module_of_the_project_is_no_missing_package():
    @clear_errors
    def body():
        raise ModuleNotFoundError(name="export.nowhere")

    with pytest.raises(ModuleNotFoundError):
        body()
