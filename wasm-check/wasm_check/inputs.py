"""The inputs of the matrix: ink of many classes, and odd inputs, on which engines have differed."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn

from export.check_images import open_samples
from kakitori.engine import in_batches
from kakitori.ink import to_tensor
from kakitori.spec import INK, PAPER, ModelSpec
from training.evaluation.samples import stroke_samples
from training.models.weights import network_predictor
from wasm_check.errors import CompatError
from wasm_check.job import Suite

CLASSES = 200  # evenly spaced, one image of each
SEED = int.from_bytes(b"compat")
LARGE = 1e3  # far outside the contract's range; overflows where a float32 file is computed in float16


def odd_inputs(size: int) -> np.ndarray:
    """Return blank, full, grey, one dot, lines, a chess board, noise and extreme values, (n, 1, size, size) float32."""
    rng = np.random.default_rng([SEED, 1])
    shape = (size, size)
    dot = np.full(shape, PAPER)
    dot[size // 2, size // 2] = INK
    lines = np.where(np.arange(size) % 2, INK, PAPER) * np.ones(shape)
    chess = np.where(np.indices(shape).sum(axis=0) % 2, INK, PAPER)
    noise = [rng.uniform(PAPER, INK, shape), rng.choice([PAPER, INK], shape), rng.normal(0, 1, shape)]
    extreme = [np.full(shape, LARGE), np.full(shape, -LARGE), rng.choice([-LARGE, LARGE], shape)]
    images = [np.full(shape, PAPER), np.full(shape, INK), np.zeros(shape), dot, lines, lines.T, chess, *noise, *extreme]
    return np.stack(images)[:, None].astype(np.float32)


def ink_suite(name: str, spec: ModelSpec, network: nn.Module) -> Suite:
    """Return ink (or test images of what the model was trained on) of CLASSES evenly spaced classes, the odd inputs,
    and PyTorch's answers."""
    ink = open_samples(spec).varied(CLASSES, (SEED, 0))
    return torch_suite(name, network, np.concatenate([ink, odd_inputs(spec.size)]), CLASSES)


def stroke_suite(name: str, spec: ModelSpec, network: nn.Module, paths: Sequence[Path]) -> Suite:
    """Return the handwriting of stroke files, drawn as the page draws it, with labels and PyTorch's logits.

    Raises:
        DataError: if a file cannot be read.
        CompatError: if they hold no character of the model's charset.
    """
    charset = spec.get_charset()
    samples = [sample for path in paths for sample in stroke_samples(path, spec) if sample.char in charset]
    if not samples:
        named = ", ".join(map(str, paths))
        raise CompatError(f"{named}: no character of charset {charset.name!r}; name another stroke file.")
    images = to_tensor(np.stack([sample.coverage for sample in samples]))
    labels = np.array([charset.index(sample.char) for sample in samples])
    return torch_suite(name, network, images, len(samples), labels)


def torch_suite(
    name: str, network: nn.Module, inputs: np.ndarray, ordinary: int, labels: np.ndarray | None = None
) -> Suite:
    """Return a suite whose expected logits are PyTorch's."""
    expected = in_batches(network_predictor(network), inputs)
    return Suite(name, inputs, expected, ordinary, f"torch {torch.__version__}", labels)
