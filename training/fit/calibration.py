"""Fit a model's confidence to the validation images of its data set.

Needs:  a model directory and its data set
Run:    invoke calibrate; invoke train does the same at its end
Writes: models/<name>/ config.json, and its digest in mapping.json and manifest.json where they exist
"""

from dataclasses import replace
from decimal import ROUND_FLOOR, Context
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

IMAGES = 6000  # minimum, of generated ink: the threshold depends on the few with the lowest scores
IMAGES_A_CLASS = 60  # of few classes
# Share of the validation images that are unsure. They vary more than real handwriting, of which less is unsure.
REFUSED = 0.015
TEMPERATURES = (0.05, 20.0)  # bounds of the search
STEPS = 50  # maximum of Newton steps; measured networks needed fewer: docs/measurements.md#calibration
PRECISION = 1e-6  # relative change of the temperature that ends the search
DIGITS = 5  # significant digits of what is stored


def fit_network(spec: ModelSpec, network: nn.Module, source: Source, device: torch.device | str = "cpu") -> Confidence:
    """Return the confidence of a network, fitted to the validation images of a source; the default if it has none."""
    count = min(IMAGES, IMAGES_A_CLASS * spec.num_classes)
    images, labels = source.held_out(VALIDATION, spec.size, count)
    if not len(labels):
        return Confidence()
    logits = predict(network, torch.from_numpy(images), device)
    return fit_confidence(logits, labels, spec.training.get("dataset", GENERATED))


def calibrate(model_dir: Path) -> ModelSpec:
    """Fit the confidence of a trained model, write it to its `config.json` and return the spec.

    Raises:
        KakitoriError: if the model or its data set cannot be used.
    """
    spec, network = load_network(model_dir)
    name = spec.training.get("dataset", GENERATED)
    source = open_source(name, spec.size, spec.get_charset(), spec.training.get("mix"))
    spec = replace(spec, confidence=fit_network(spec, network, source))
    restamp(model_dir, spec)
    return spec


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """Return the temperature within TEMPERATURES that minimises the cross-entropy of logits (N, K) and labels (N,).

    The cross-entropy is convex in the sharpness, 1 / temperature. Its first derivative is the mean of the expected
    logit minus the target's logit, its second the mean variance of the logit, so Newton's method finds the minimum.
    """
    sharpest, flattest = (1 / temperature for temperature in TEMPERATURES)
    own = _target_logits(logits, labels)
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
    """Return the temperature and the threshold that validation images give.

    Args:
        logits: (N, K) float.
        labels: (N,) class indices.
        name: of the data set.
    """
    temperature = float(f"{fit_temperature(logits, labels):.{DIGITS}g}")
    threshold = float(np.quantile(best_probabilities(logits, REJECTION_FACTOR * temperature), REFUSED))
    return Confidence(temperature, REJECTION_FACTOR * temperature, round_down(threshold), name, len(labels))


def round_down(value: float) -> float:
    """Return a number from 0 to 1 rounded down to DIGITS significant digits, and 1 to the largest of these below 1.

    A threshold that is rounded up could exceed the scores of many images; one of 1 is refused by config.json's schema.
    """
    rounded = float(Context(prec=DIGITS, rounding=ROUND_FLOOR).create_decimal(repr(value)))
    return min(rounded, 1 - 10**-DIGITS)


def _target_logits(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the mean under the target of each row's logits less their largest (N,): the label's own logit.

    Where all N images are read correctly no temperature minimises the cross-entropy with the labels, so their target
    is (N + 1) / (N + 2) instead of 1, the rest spread over the other classes (Platt 1999, "Probabilistic outputs for
    support vector machines").
    """
    own = logits[np.arange(len(labels)), labels] - logits.max(axis=1)
    if own.any() or logits.shape[1] == 1:
        return own
    rest = 1 / (len(labels) + 2)
    others = np.concatenate([(part - part.max(axis=1, keepdims=True)).sum(axis=1) for part in chunks(logits)])
    return rest / (logits.shape[1] - 1) * others


def _expected_logits(logits: np.ndarray, sharpness: float) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and variance (N,) of each row's logits less their largest, under softmax(sharpness · logits)."""
    moments = []
    for part in chunks(logits):
        below = part - part.max(axis=1, keepdims=True)
        weights = np.exp(sharpness * below)
        weights /= weights.sum(axis=1, keepdims=True)
        mean, square = (np.einsum("nk,nk->n", weights, value) for value in (below, below * below))
        moments.append((mean, square - mean * mean))
    means, variances = zip(*moments, strict=True)
    return np.concatenate(means).astype(np.float64), np.concatenate(variances).astype(np.float64)
