"""Tiny model directories whose networks are trained in seconds, and images that are fast to draw."""

import shutil
from functools import cache
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from export import check_images, to_onnx
from export.build import export_model
from kakitori.charset import get_charset
from kakitori.ink import to_tensor
from kakitori.schemas.manifest import ManifestRow
from kakitori.spec import KANJIVG_LICENCE, ModelSpec
from training.models.registry import build_network
from training.models.weights import save_network

SIZE = 32
NUM_CLASSES = 10
TRAINING_STEPS = 40
WIDTHS = {"resnet": (8, 16, 16, 24), "compact": (8, 16, 16, 24), "cnn": (8, 16, 24, 32)}


def blobs(labels: np.ndarray, size: int, seed) -> np.ndarray:
    """Return an image for each label: a coarse random pattern of its class, and some noise. (N, size, size) uint8."""
    labels = np.asarray(labels)
    patterns = np.random.default_rng(5).integers(0, 2, (labels.max() + 1, 8, 8)) * 200
    noise = np.random.default_rng(list(seed)).integers(0, 55, (len(labels), size, size))
    return (np.kron(patterns[labels], np.ones((size // 8, size // 8), int)) + noise).astype(np.uint8)


def tiny_spec(arch: str = "compact", pooling: str = "adaptive_avg", num_classes: int = NUM_CLASSES) -> ModelSpec:
    """Return the spec of a tiny network over the first classes of etl9g."""
    digest = get_charset("etl9g", num_classes).digest
    return ModelSpec(arch, WIDTHS[arch], pooling, "etl9g", num_classes, digest, size=SIZE, data=(KANJIVG_LICENCE,))


@cache
def trained_network(arch: str, pooling: str) -> nn.Module:
    """Return a network trained for half a second, until its answers are right and not on the edge."""
    spec = tiny_spec(arch, pooling)
    torch.manual_seed(3)
    network = build_network(spec)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-2)
    labels = np.tile(np.arange(spec.num_classes), 2)
    target = torch.from_numpy(labels)
    for step in range(TRAINING_STEPS):
        images = torch.from_numpy(to_tensor(blobs(labels, spec.size, (1, step)) / 255))
        loss = nn.functional.cross_entropy(network(images), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return network.eval()


GRAPHS: dict[tuple, onnx.ModelProto] = {}


def shared_graph(network: nn.Module, size: int, opset: int) -> onnx.ModelProto:
    """Return what `export_dynamo` does, which takes seconds for any network; equal networks share one call."""
    weights = b"".join(tensor.numpy().tobytes() for tensor in network.state_dict().values())
    key = repr(network), weights, size, opset
    if key not in GRAPHS:
        GRAPHS[key] = to_onnx.export_dynamo(network, size, opset)
    graph = onnx.ModelProto()
    graph.CopyFrom(GRAPHS[key])
    return graph


@pytest.fixture(autouse=True)
def _cheap_exports(monkeypatch):
    make_exports_cheap(monkeypatch)


def make_exports_cheap(patch: pytest.MonkeyPatch) -> None:
    """Evaluate on fewer images (one of them is 0.2 points, still below the limit of INT8), and share graphs."""
    patch.setattr(check_images, "EVALUATION_MINIMUM", 500)
    patch.setattr(check_images, "CALIBRATION_IMAGES", 100)
    patch.setitem(to_onnx.EXPORTERS, "torch.export", shared_graph)


@pytest.fixture
def make_spec():
    """Return `tiny_spec`."""
    return tiny_spec


@pytest.fixture
def make_network():
    """Return a function (arch, pooling) -> the trained tiny network."""
    return lambda arch="compact", pooling="adaptive_avg": trained_network(arch, pooling)


@pytest.fixture
def make_model(tmp_path):
    """Return a function that writes a tiny model directory and returns its path."""

    def make(arch: str = "compact", pooling: str = "adaptive_avg") -> Path:
        save_network(tiny_spec(arch, pooling), trained_network(arch, pooling), tmp_path / "tiny")
        return tmp_path / "tiny"

    return make


def export_cheaply(
    model_dir: Path, backends=("strict",), precisions=("fp32", "int8"), pooling=None, lines=None
) -> list[ManifestRow]:
    """Call `export_model` with images that cost nothing to draw; its lines are appended to `lines`."""
    report = (lines if lines is not None else []).append
    return export_model(model_dir, list(backends), list(precisions), pooling, report, blobs)


@pytest.fixture
def export():
    """Return `export_cheaply`."""
    return export_cheaply


@pytest.fixture(scope="session")
def exported_once(tmp_path_factory) -> Path:
    """A model directory with six files, which tests only read."""
    model = tmp_path_factory.mktemp("exported") / "tiny"
    save_network(tiny_spec(), trained_network(tiny_spec().arch, "adaptive_avg"), model)
    with pytest.MonkeyPatch.context() as patch:
        make_exports_cheap(patch)
        export_cheaply(model, ["strict", "tract"], ["fp32", "int8", "int4-weights"])
    return model


@pytest.fixture
def exported_model(exported_once, tmp_path) -> Path:
    """A model directory of the test's own, with fp32, int8 and int4-weights for the backends strict and tract."""
    return shutil.copytree(exported_once, tmp_path / "tiny")
