"""A user's own file and inputs: what is refused before anything is run."""

import numpy as np
import pytest

from tests.wasm_check.tiny import INPUTS, write_classifier
from wasm_check.errors import CompatError
from wasm_check.own import plan_file


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
