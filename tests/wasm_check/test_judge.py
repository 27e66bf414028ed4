import dataclasses

import numpy as np
import pytest

from kakitori.schemas.compat import GREEN, RED
from wasm_check.judge import LIMITS, judge


def judged(logits, suite, precision="fp32", native=None):
    cell = judge(logits, suite, native, precision)
    return cell, cell.status, cell.reason


def test_the_expected_answers_are_green(suite):
    facts, status, reason = judged(suite.expected, suite)
    assert (status, reason) == (GREEN, "")
    assert (facts.argmax_percent, facts.top5_percent, facts.max_logit_difference) == (100, 100, 0)


@pytest.mark.parametrize("precision", LIMITS)
def test_answers_of_other_inputs_are_red_in_every_precision(suite, precision):
    _, status, reason = judged(np.roll(suite.expected, 1, axis=0), suite, precision)
    assert status == RED
    assert "another answer than expected" in reason


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nan_and_infinity_are_red_and_counted(suite, value):
    logits = suite.expected.copy()
    logits[-1, 0] = logits[2, 3] = value
    facts, status, reason = judged(logits, suite, "int8")
    assert (status, facts.not_finite) == (RED, 2)
    assert "2 of 12 inputs" in reason


def test_float_logits_that_are_off_by_more_than_rounding_are_red(suite):
    _, status, reason = judged(suite.expected + np.float32(0.01), suite)
    assert status == RED
    assert "differ from those expected by 0.01" in reason


def test_only_float_files_are_judged_on_odd_inputs(suite):
    logits = suite.expected.copy()
    logits[-2:] = -logits[-2:]
    assert judged(logits, suite, "fp32")[1] == RED
    assert judged(logits, suite, "int8")[1] == GREEN


def test_an_engine_that_differs_from_onnx_runtime_is_red_even_with_the_same_answers(suite):
    _, status, reason = judged(suite.expected * np.float32(3), suite, "int8", native=suite.expected)
    assert status == RED
    assert "answered in ONNX Runtime" in reason


def test_rounding_grows_with_large_logits(suite):
    large = dataclasses.replace(suite, expected=suite.expected * np.float32(1e4))
    assert judged(large.expected * np.float32(1 + 1e-6), large)[1] == GREEN


def test_labels_give_accuracy(suite):
    labels = suite.expected.argmax(axis=1)
    labels[0] = (labels[0] + 1) % 7
    facts, *_ = judged(suite.expected, dataclasses.replace(suite, labels=labels))
    assert facts.top1_percent == facts.expected_top1_percent == pytest.approx(100 * 11 / 12, abs=0.01)


def test_logits_of_another_shape_are_red(suite):
    _, status, reason = judged(suite.expected[:, :3], suite)
    assert (status, reason) == (RED, "Logits of shape (12, 3), expected (12, 7).")
