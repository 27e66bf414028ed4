"""Tiny model directories whose networks are trained in seconds, and images that are fast to draw."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from export import check_images
from export.build import export_model
from kakitori.charset import get_charset
from kakitori.ink import to_tensor
from kakitori.spec import KANJIVG_LICENCE, ModelSpec
from training.models.registry import build_network
from training.models.weights import save_network

SIZE = 32
NUM_CLASSES = 10
TRAINING_STEPS = 100
WIDTHS = {"resnet": (8, 16, 16, 24), "compact": (8, 16, 16, 24), "cnn": (8, 16, 24, 32)}


def blobs(labels: np.ndarray, size: int, seed) -> np.ndarray:
    """Return an image for each label: a coarse random pattern of its class, and some noise. (N, size, size) uint8."""
    labels = np.asarray(labels)
    patterns = np.random.default_rng(5).integers(0, 2, (labels.max() + 1, 8, 8)) * 200
    noise = np.random.default_rng(list(seed)).integers(0, 55, (len(labels), size, size))
    return (np.kron(patterns[labels], np.ones((size // 8, size // 8), int)) + noise).astype(np.uint8)


def tiny_spec(arch: str = "resnet", pooling: str = "adaptive_avg", num_classes: int = NUM_CLASSES) -> ModelSpec:
    """Return the spec of a tiny network over the first classes of etl9g."""
    digest = get_charset("etl9g", num_classes).digest
    return ModelSpec(arch, WIDTHS[arch], pooling, "etl9g", num_classes, digest, size=SIZE, data=(KANJIVG_LICENCE,))


@cache
def trained_network(arch: str, pooling: str) -> nn.Module:
    """Return a network trained for a second or two, until its answers are right and not on the edge."""
    spec = tiny_spec(arch, pooling)
    torch.manual_seed(3)
    network = build_network(spec)
    optimizer = torch.optim.Adam(network.parameters(), lr=3e-3)
    labels = np.tile(np.arange(spec.num_classes), 4)
    target = torch.from_numpy(labels)
    for step in range(TRAINING_STEPS):
        images = torch.from_numpy(to_tensor(blobs(labels, spec.size, (1, step)) / 255))
        loss = nn.functional.cross_entropy(network(images), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return network.eval()


@pytest.fixture(autouse=True)
def _few_images(monkeypatch):
    """Evaluate on a quarter of the images: one of them is 0.2 points, still below the limit of INT8."""
    monkeypatch.setattr(check_images, "EVALUATION_MINIMUM", 500)


@pytest.fixture
def make_spec():
    """Return `tiny_spec`."""
    return tiny_spec


@pytest.fixture
def make_network():
    """Return a function (arch, pooling) -> the trained tiny network."""
    return lambda arch="resnet", pooling="adaptive_avg": trained_network(arch, pooling)


@pytest.fixture
def make_model(tmp_path):
    """Return a function that writes a tiny model directory and returns its path."""

    def make(arch: str = "resnet", pooling: str = "adaptive_avg") -> Path:
        save_network(tiny_spec(arch, pooling), trained_network(arch, pooling), tmp_path / "tiny")
        return tmp_path / "tiny"

    return make


@pytest.fixture
def export():
    """Return `export_model` with cheap images and its lines collected in a list."""

    def run(model_dir, backends=("strict",), precisions=("fp32", "int8"), pooling=None, lines=None):
        report = (lines if lines is not None else []).append
        return export_model(model_dir, list(backends), list(precisions), pooling, report, blobs)

    return run
