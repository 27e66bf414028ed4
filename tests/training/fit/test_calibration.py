"""Confidence of networks that read every validation image correctly."""

import numpy as np
import pytest

from kakitori.confidence import REJECTION_FACTOR, is_unsure
from training.fit.calibration import REFUSED, TEMPERATURES, fit_confidence, fit_temperature, round_down

CLASSES = 10


def read_perfectly(count, seed, scale):
    """Return logits (count, 10) whose largest is the label's by a margin, and the labels."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, CLASSES, count)
    logits = rng.normal(0, 1, (count, CLASSES))
    logits[np.arange(count), labels] = 0.5 + logits.max(axis=1) + rng.gamma(6, 1, count)
    return (scale * logits).astype(np.float32), labels


@pytest.mark.parametrize("scale", [0.3, 1, 5])
@pytest.mark.parametrize("count", [150, 600, 6000])
def test_new_images_of_a_set_without_errors_are_rarely_unsure(count, scale):
    logits, labels = read_perfectly(count, 1, scale)
    confidence = fit_confidence(logits, labels, "own")
    low, high = TEMPERATURES
    assert low * 1.1 < confidence.temperature < high
    assert confidence.rejection_temperature == REJECTION_FACTOR * confidence.temperature
    assert is_unsure(logits, confidence).mean() == pytest.approx(REFUSED, abs=1 / count)
    fresh, _ = read_perfectly(20_000, 2, scale)
    assert 0.005 < is_unsure(fresh, confidence).mean() < 0.02


@pytest.mark.parametrize("gap", [20, 1000])
def test_a_threshold_is_never_rounded_up_to_1(gap):
    """Scores that differ from 1 by less than the digits that are stored."""
    logits, labels = read_perfectly(600, 1, 1)
    logits[np.arange(600), labels] += gap
    logits[0, labels[0]] -= gap + 20  # one mistake, so the temperature stays low
    confidence = fit_confidence(logits, labels, "own")
    assert confidence.threshold < 1
    assert is_unsure(logits, confidence).mean() <= REFUSED


@pytest.mark.parametrize(
    ("value", "rounded"), [(0.999996, 0.99999), (0.1234567, 0.12345), (1.0, 0.99999), (0.0, 0.0), (0.087934, 0.087934)]
)
def test_thresholds_are_rounded_down(value, rounded):
    assert round_down(value) == rounded


def test_one_mistake_gives_the_temperature_of_the_plain_labels():
    """Smoothed targets are used only where no image is misread: the slope is 0 at the temperature that is found."""
    logits, labels = read_perfectly(600, 1, 1)
    labels[0] = (labels[0] + 1) % CLASSES
    temperature = fit_temperature(logits, labels)

    def cross_entropy(t):
        z = logits.astype(np.float64) / t
        return np.mean(np.log(np.exp(z - z.max(1, keepdims=True)).sum(1)) + z.max(1) - z[np.arange(600), labels])

    assert cross_entropy(temperature) < min(cross_entropy(0.98 * temperature), cross_entropy(1.02 * temperature))
