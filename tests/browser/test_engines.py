"""The exported files in real engines and browsers: strict fp32 and int8 in Chromium; with --all the rest."""

import dataclasses
import io
import os
import signal

import psutil
import pytest
from rich.console import Console

from export import check_images
from kakitori.schemas.compat import GREEN, GREY, RED
from training.models.weights import load_network
from wasm_check.engines import select_columns
from wasm_check.inputs import ink_suite
from wasm_check.matrix import run_matrix
from wasm_check.plan import Plan, add_subjects, legal_variants
from wasm_check.runner import RUN_VARIABLE
from web.browsers import BROWSERS

SECONDS = 200  # for a file, on a busy machine
PRECISIONS = ("fp32", "fp16", "fp16-weights", "int8")


@pytest.fixture(scope="module")
def exported(model_dir, tmp_path_factory):
    """Return a function from names of variants to a plan; files are exported once, and checked on fewer images."""
    copy = tmp_path_factory.mktemp("model")
    for name in ("config.json", "model.safetensors"):
        (copy / name).write_bytes((model_dir / name).read_bytes())
    spec, network = load_network(copy)
    suite = ink_suite(copy.name, spec, network)

    def plan(*names):
        wanted = [v for v in legal_variants(spec.pooling, PRECISIONS) if v.name in names]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(check_images, "EVALUATION_PER_CLASS", 1)
            patch.setattr(check_images, "EVALUATION_MINIMUM", 0)
            return Plan(add_subjects(copy, wanted, suite.name, lambda _: None), [suite])

    return plan


def run(plan, engine, browsers=()):
    """Return {(file, column): cell}; its times are of few runs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("wasm_check.job.WARM_SECONDS", 0.1)
        result = run_matrix(plan, select_columns([engine], browsers), SECONDS, Console(file=io.StringIO()))
    return {(subject.name, name): cell for subject in result.subjects for name, cell in subject.cells.items()}


def check(cells, *unavailable):
    """Every cell is green, except that columns missing here are grey, and so is the fp16 graph in tract."""
    for key, cell in cells.items():
        is_grey = key[1] in unavailable or key == ("strict.fp16", "tract")
        assert cell.status == (GREY if is_grey else GREEN), (key, cell)
        if cell.status == GREEN and "fp32" in key[0]:
            assert cell.argmax_percent == cell.odd_argmax_percent == 100


@pytest.mark.timeout(600)
def test_strict_files_give_pytorchs_answers_in_chromium(exported):
    check(run(exported("strict.fp32", "strict.int8"), "ort-web", ["chromium"]))


def test_a_browser_that_dies_fails_one_file_and_leaves_no_process(exported, monkeypatch):
    plan = exported("strict.int8")
    first = dataclasses.replace(plan.subjects[0], name="first")
    started, runs = [], set()

    def kill(_run, key):
        if not started:
            started.append(key)
            [worker] = [process for process in psutil.Process().children() if run_of(process)]
            runs.add(run_of(worker))
            for process in worker.children(recursive=True):
                if "chrom" in process.name():
                    os.kill(process.pid, signal.SIGKILL)

    monkeypatch.setattr("wasm_check.matrix.ColumnRun.start", kill)
    cells = run(Plan([first, *plan.subjects], plan.suites), "ort-web", ["chromium"])
    assert cells["first", "ort-web/chromium"].status == RED
    assert cells["strict.int8", "ort-web/chromium"].status == GREEN
    assert runs
    assert not [process for process in psutil.process_iter() if run_of(process) in runs]


def run_of(process):
    try:
        return process.environ().get(RUN_VARIABLE)
    except psutil.Error:
        return None


def test_a_damaged_file_is_red_with_the_engines_message(exported, tmp_path):
    plan = exported("strict.int8")
    path = tmp_path / "damaged.onnx"
    path.write_bytes(plan.subjects[0].path.read_bytes()[:100_000])
    damaged = dataclasses.replace(plan.subjects[0], path=path)
    [cell] = run(Plan([damaged], plan.suites), "ort-web", ["chromium"]).values()
    assert cell.status == RED
    assert "protobuf" in cell.error


STRICT = tuple(f"strict.{precision}" for precision in PRECISIONS)
ALL = tuple(f"{backend}.{precision}" for backend in ("tract", "ort-tract", "strict") for precision in PRECISIONS)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("engine", ["onnxruntime", "tract", "ort-web"])
def test_every_backend_and_precision_gives_the_same_answers(exported, engine):
    check(run(exported(*ALL), engine, ["chromium"]))


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("browser", sorted(BROWSERS.keys() - {"chromium"}))
def test_the_files_for_pages_give_the_same_answers_in_the_other_browsers(exported, browser):
    check(run(exported(*STRICT), "ort-web", [browser]))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_threads_change_no_answer(exported):
    check(run(exported("strict.fp32", "strict.int8"), "ort-web-threads", BROWSERS), "ort-web-threads/webkit")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_tract_in_webassembly_runs_the_float_files(exported):
    check(run(exported("tract.fp32", "strict.fp32"), "tractjs", ["chromium"]))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_webgpu_gives_the_same_answers_on_any_adapter(exported):
    plan = exported("strict.fp32")
    [suite] = plan.suites
    few = dataclasses.replace(suite, inputs=suite.inputs[-32:], expected=suite.expected[-32:], ordinary=19)
    check(run(Plan(plan.subjects, [few]), "ort-web-webgpu", ["chromium"]))
