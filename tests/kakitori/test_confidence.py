import json
from dataclasses import replace

import numpy as np
import pytest

from kakitori.confidence import best_probabilities, is_unsure, softmax
from kakitori.errors import EngineError, ModelError
from kakitori.spec import Confidence, ModelSpec, read_spec, write_spec
from training.evaluation.metrics import BINS, calibration_error_percent, reliability
from training.fit.calibration import REFUSED, fit_confidence, fit_temperature


@pytest.fixture
def answers():
    """Logits (4000, 10) whose softmax is the true chance of each class, and labels drawn by it."""
    rng = np.random.default_rng(1)
    logits = rng.normal(0, 2, (4000, 10)).astype(np.float32)
    chances = softmax(logits).cumsum(axis=1)
    return logits, (rng.random((4000, 1)) > chances).sum(axis=1)


@pytest.mark.parametrize("scale", [0.2, 1, 5])
def test_the_temperature_undoes_a_scale_of_the_logits(answers, scale):
    logits, labels = answers
    assert fit_temperature(scale * logits, labels) == pytest.approx(scale * fit_temperature(logits, labels), rel=1e-4)
    assert fit_temperature(logits, labels) == pytest.approx(1, abs=0.05)


def test_the_temperature_has_the_least_cross_entropy(answers):
    logits, labels = answers
    logits = 3 * logits

    def cross_entropy(temperature):
        return -np.log(softmax(logits, temperature)[np.arange(len(labels)), labels]).mean()

    best = fit_temperature(logits, labels)
    assert cross_entropy(best) < min(cross_entropy(0.98 * best), cross_entropy(1.02 * best))


def test_answers_that_are_all_wrong_give_the_highest_temperature():
    assert fit_temperature(np.eye(4, dtype=np.float32), np.roll(np.arange(4), 1)) == pytest.approx(20)


def test_the_intended_share_of_validation_images_is_unsure(answers):
    logits, labels = answers
    confidence = fit_confidence(logits, labels, "ink")
    assert (confidence.fitted_on, confidence.images) == ("ink", 4000)
    assert is_unsure(logits, confidence).mean() == pytest.approx(REFUSED, abs=0.001)


def test_the_rejection_score_is_computed_at_the_rejection_temperature():
    logits = np.array([[2, 0]], np.float32)
    flat = np.e / (np.e + 1)  # at rejection temperature 2
    assert is_unsure(logits, Confidence(1, 2, flat + 0.01)) == [True]
    assert is_unsure(logits, Confidence(1, 2, flat - 0.01)) == [False]


def test_an_answer_whose_score_is_the_threshold_is_sure():
    logits = np.array([[2, 0]], np.float32)
    assert is_unsure(logits, Confidence(1, 2, best_probabilities(logits, 2)[0])) == [False]


def test_probabilities_sum_to_one_for_large_logits():
    probabilities = softmax(np.array([[1000, 999, -1000]], np.float32), 0.5)
    assert probabilities.sum() == pytest.approx(1)
    assert probabilities[0, 0] == pytest.approx(1 / (1 + np.exp(-2)))


@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf])
def test_logits_that_are_no_numbers_are_an_error_that_counts_them(broken):
    logits = np.zeros((600, 3), np.float32)  # more than one chunk
    logits[550, 1:] = broken
    calls = (lambda: softmax(logits), lambda: best_probabilities(logits, 1), lambda: is_unsure(logits, Confidence()))
    for call in calls:
        with pytest.raises(EngineError, match=r"NaN or infinity in 2 of [0-9,]+ logits: .*Export the model again"):
            call()


def test_the_true_probabilities_have_little_calibration_error(answers):
    logits, labels = answers
    is_right = logits.argmax(axis=1) == labels
    assert calibration_error_percent(best_probabilities(logits, 1), is_right) < 2.5
    assert calibration_error_percent(best_probabilities(logits, 0.3), is_right) > 10


def test_the_calibration_error_of_four_answers():
    probabilities, is_right = np.array([0.9, 0.9, 1.0, 0.4]), np.array([True, False, True, False])
    assert calibration_error_percent(probabilities, is_right) == pytest.approx((2 * 40 + 0 + 40) / 4)
    bins = reliability(probabilities, is_right)
    assert len(bins.counts) == BINS
    assert bins.counts[-1] == 1
    assert bins.right_percent[13] == 50


@pytest.fixture
def spec(small_charset):
    return ModelSpec("resnet", (4, 8), "adaptive_avg", "etl9g", 100, small_charset.digest)


def test_a_config_keeps_the_confidence(tmp_path, spec):
    confidence = Confidence(0.57, 2, 0.046, "ink", 6072)
    write_spec(replace(spec, confidence=confidence), tmp_path)
    assert read_spec(tmp_path).confidence == confidence


def test_a_config_without_confidence_is_never_unsure(tmp_path, spec):
    write_spec(spec, tmp_path)
    config = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    del config["confidence"]
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    assert read_spec(tmp_path).confidence == Confidence(temperature=1, threshold=0)


def test_a_confidence_of_another_form_is_refused(tmp_path, spec):
    write_spec(spec, tmp_path)
    config = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    config["confidence"] = {"temp": 1}
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(ModelError, match=r"config\.json, field confidence: object contains unknown field `temp`"):
        read_spec(tmp_path)
