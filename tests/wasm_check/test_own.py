"""A user's own file and inputs: those that run, and those that are refused in one sentence."""

import io

import numpy as np
import pytest
from rich.console import Console

from kakitori.schemas.compat import GREEN, GREY, read_matrix
from tests.wasm_check.tiny import CLASSES, INPUTS, SIDE, WEIGHTS, write_classifier
from wasm_check.compat import Selection, compat_file
from wasm_check.engines import select_columns
from wasm_check.errors import CompatError
from wasm_check.matrix import run_matrix
from wasm_check.own import plan_file
from wasm_check.plan import Plan

NATIVE = Selection(engines=("onnxruntime", "tract"))
ODD_NAMES = ("two words #b?c%20d% 漢字 [bold].onnx", f"{'x' * 240}.onnx")
FREE_SHAPES = ((None, 1, SIDE, SIDE), (None, None, "height", None), None)


@pytest.fixture
def inputs(tmp_path):
    def write(**arrays):
        path = tmp_path / "inputs.npz"
        np.savez(path, **arrays)
        return path

    return write


def test_without_answers_those_of_onnx_runtime_are_expected(classifier, inputs, suite):
    plan = plan_file(classifier, inputs(inputs=INPUTS))
    np.testing.assert_allclose(plan.suites[0].expected, suite.expected, atol=1e-5)
    assert plan.subjects[0].facts.precision == "fp32"


def test_given_answers_are_kept(classifier, inputs):
    logits = np.ones((len(INPUTS), 7), np.float32)
    assert (plan_file(classifier, inputs(inputs=INPUTS, logits=logits)).suites[0].expected == 1).all()


def run(path, npz, out, selection=NATIVE, seconds=60):
    """Return the cells of the matrix that is written, in order."""
    compat_file(path, npz, selection, out, seconds)
    return read_matrix(out / "compat.json").cells()


def test_axes_without_a_name_and_inner_axes_without_a_size_are_tried(tmp_path, inputs, suite):
    npz = inputs(inputs=INPUTS, logits=suite.expected)
    plans = [
        plan_file(write_classifier(tmp_path / f"free{n}.onnx", input_shape=shape), npz)
        for n, shape in enumerate(FREE_SHAPES)
    ]
    plan = Plan([plan.subjects[0] for plan in plans], [plan.suites[0] for plan in plans])
    result = run_matrix(plan, select_columns(["onnxruntime", "tract"], []), 60, Console(file=io.StringIO()))
    assert [cell.status for cell in result.cells()] == [GREEN] * 2 * len(FREE_SHAPES)


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_file_may_have_any_name(tmp_path, inputs, suite, name):
    npz = inputs(inputs=INPUTS, logits=suite.expected)
    [cell] = run(write_classifier(tmp_path / name), npz, tmp_path, Selection(engines=("onnxruntime",)))
    assert cell.status == GREEN


@pytest.mark.browser
def test_a_file_may_have_any_name_in_a_browser(tmp_path, inputs):
    path = write_classifier(tmp_path / "two words #1?%20 漢字.onnx", input_shape=(None, 1, None, None))
    cells = run(path, inputs(inputs=INPUTS), tmp_path, Selection(engines=("ort-web",), browsers=("chromium",)))
    assert [cell.status for cell in cells] == [GREEN]


def test_a_missing_operator_is_grey_and_no_failure(tmp_path, inputs):
    path = write_classifier(tmp_path / "unknown.onnx", "Quantumize", "org.example")
    logits = np.ones((len(INPUTS), CLASSES), np.float32)
    cells = run(path, inputs(inputs=INPUTS, logits=logits), tmp_path)
    assert [cell.status for cell in cells] == [GREY, GREY]
    assert all("has no operator" in cell.reason and "\n" not in cell.error for cell in cells)


def test_a_file_that_takes_too_long_ends_with_a_sentence(classifier, inputs):
    with pytest.raises(CompatError, match=r"does not run in .* \(no answer within 0\.001 s; it was stopped\), so its"):
        plan_file(classifier, inputs(inputs=INPUTS), seconds=1e-3)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_answers_that_are_no_numbers_end_with_a_sentence(tmp_path, inputs, value):
    weights = WEIGHTS.copy()
    weights[0, 0] = value
    path = write_classifier(tmp_path / "bad.onnx", weights=weights)
    with pytest.raises(CompatError, match=r"not optimised hold NaN or infinity for 12 of 12 inputs"):
        plan_file(path, inputs(inputs=INPUTS))


def test_given_answers_that_are_no_numbers_are_refused(classifier, inputs):
    with pytest.raises(CompatError, match=r"inputs\.npz hold NaN or infinity for 1 of 12 inputs"):
        plan_file(classifier, inputs(inputs=INPUTS, logits=np.where(np.eye(12, 7) * np.eye(12)[:, :1], np.nan, 1)))


def test_an_engine_whose_answers_are_no_numbers_is_red(tmp_path, inputs):
    weights = WEIGHTS.copy()
    weights[0, 0] = np.nan
    path = write_classifier(tmp_path / "bad.onnx", weights=weights)
    npz = inputs(inputs=INPUTS, logits=np.ones((12, 7), np.float32))
    with pytest.raises(CompatError, match="2 cells are red"):
        run(path, npz, tmp_path)
    reasons = [cell.reason for cell in read_matrix(tmp_path / "compat.json").cells()]
    assert all("NaN or infinity in the logits of 12 of 12 inputs" in reason for reason in reasons)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"images": INPUTS}, "holds images, expected `inputs`"),
        ({"inputs": INPUTS.astype(np.float64)}, "type float64"),
        ({"inputs": INPUTS[:, :, :3]}, "shape (12, 1, 3, 4), and"),
        ({"inputs": INPUTS[0]}, "shape (1, 4, 4), and"),
        ({"inputs": INPUTS[:0]}, "shape (0, 1, 4, 4), and"),
        ({"inputs": INPUTS, "logits": np.ones(12)}, "expected (12, classes)"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(classifier, inputs, arrays, message):
    with pytest.raises(CompatError) as problem:
        plan_file(classifier, inputs(**arrays))
    assert message in str(problem.value)


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x89PNG\r\n\x1a\n" * 40])
def test_a_foreign_file_is_refused(tmp_path, inputs, content):
    path = tmp_path / "foreign.onnx"
    path.write_bytes(content)
    with pytest.raises(CompatError, match="foreign"):
        plan_file(path, inputs(inputs=INPUTS))


def test_a_truncated_file_is_refused(classifier, inputs):
    classifier.write_bytes(classifier.read_bytes()[:-100])
    with pytest.raises(CompatError, match="not a valid ONNX model"):
        plan_file(classifier, inputs(inputs=INPUTS))


def test_an_operator_that_onnx_runtime_lacks_needs_answers(tmp_path, inputs):
    path = write_classifier(tmp_path / "unknown.onnx", "Quantumize", "org.example")
    with pytest.raises(CompatError, match=r"Quantumize.*logits"):
        plan_file(path, inputs(inputs=INPUTS))


def test_a_folder_or_a_text_is_no_npz(classifier, tmp_path):
    text = tmp_path / "inputs.npz"
    text.write_text("1 2 3")
    for path in (tmp_path, text):
        with pytest.raises(CompatError, match="not an npz file"):
            plan_file(classifier, path)
