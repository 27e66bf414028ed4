"""Fit a model's confidence to images that it did not learn from: those that choose the best epoch in training.

Needs:  a model directory, and the data set it was trained on
Run:    invoke train does it at its end; invoke calibrate does it again
Writes: models/<name>/ config.json
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import nn

from kakitori.confidence import REJECTION_FACTOR, best_probabilities, chunks
from kakitori.model_directory import restamp
from kakitori.spec import GENERATED, Confidence, ModelSpec
from training.data.prepared import VALIDATION
from training.data.registry import Source, open_source
from training.fit.loop import predict
from training.models.weights import load_network

IMAGES = 6000  # at least, of generated ink: the few that are refused set the threshold
IMAGES_A_CLASS = 60  # enough where classes are few
# Share of held-out images that may be called unsure: they are deliberately hard, and of real handwriting it is less.
REFUSED = 0.015
TEMPERATURES = (0.05, 20.0)  # looked at; a network that is always right would have none
STEPS = 50  # of Newton's method at most: a handful from 1 to what was met, some 20 where there is no least
PRECISION = 1e-6  # relative change of the temperature that ends them


def fit_network(spec: ModelSpec, network: nn.Module, source: Source, device: torch.device | str = "cpu") -> Confidence:
    """Return the confidence that the validation images of a source give a network; the default where it has none."""
    count = min(IMAGES, IMAGES_A_CLASS * spec.num_classes)
    images, labels = source.held_out(VALIDATION, spec.size, count)
    if not len(labels):
        return Confidence()
    logits = predict(network, torch.from_numpy(images), device)
    return fit_confidence(logits, labels, spec.training.get("dataset", GENERATED))


def calibrate(model_dir: Path) -> ModelSpec:
    """Fit a trained model's confidence anew, write it into its `config.json`, and return the spec.

    Raises:
        KakitoriError: if the model cannot be used, or its data set is not on this machine.
    """
    spec, network = load_network(model_dir)
    name = spec.training.get("dataset", GENERATED)
    source = open_source(name, spec.size, spec.get_charset(), spec.training.get("mix"))
    spec = replace(spec, confidence=fit_network(spec, network, source))
    restamp(model_dir, spec)
    return spec


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """Return the temperature of the least cross-entropy of (N, K) logits and labels (N,), within TEMPERATURES.

    The cross-entropy is convex in the sharpness, 1 / temperature: its slope there is the mean of the logit that the
    network expects less the label's, and its curvature the variance of that logit. So Newton's method finds the root.
    """
    sharpest, flattest = (1 / temperature for temperature in TEMPERATURES)
    own = logits[np.arange(len(labels)), labels] - logits.max(axis=1)
    sharpness = 1.0
    for _ in range(STEPS):
        means, variances = _expected_logits(logits, sharpness)
        slope, curvature = float(np.mean(means - own)), float(np.mean(variances))
        step = np.clip(sharpness - slope / max(curvature, np.finfo(float).tiny), sharpness / 4, sharpness * 4)
        before, sharpness = sharpness, float(np.clip(step, flattest, sharpest))
        if abs(sharpness - before) < PRECISION * before:
            break
    return 1 / sharpness


def fit_confidence(logits: np.ndarray, labels: np.ndarray, name: str) -> Confidence:
    """Return the temperature and threshold that held-out images of a data set give.

    Args:
        logits: (N, K) float.
        labels: (N,) class indices.
        name: of the data set.
    """
    temperature = float(f"{fit_temperature(logits, labels):.5g}")
    threshold = float(np.quantile(best_probabilities(logits, REJECTION_FACTOR * temperature), REFUSED))
    return Confidence(temperature, REJECTION_FACTOR * temperature, float(f"{threshold:.5g}"), name, len(labels))


def _expected_logits(logits: np.ndarray, sharpness: float) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and variance (N,) of each row's logit less its largest, under softmax(sharpness · logits)."""
    moments = []
    for part in chunks(logits):
        below = part - part.max(axis=1, keepdims=True)
        weights = np.exp(sharpness * below)
        weights /= weights.sum(axis=1, keepdims=True)
        mean, square = (np.einsum("nk,nk->n", weights, value) for value in (below, below * below))
        moments.append((mean, square - mean * mean))
    means, variances = zip(*moments, strict=True)
    return np.concatenate(means).astype(np.float64), np.concatenate(variances).astype(np.float64)
