"""Reading and writing a model directory's weights, together with the spec that they belong to.

Weights are safetensors: reading them runs no code of the file.
"""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save
from torch import nn

from kakitori.confidence import Predictor
from kakitori.errors import ModelError
from kakitori.files import replacing, sha256_of
from kakitori.model_directory import file_in
from kakitori.spec import WEIGHTS_FILE, ModelSpec, read_spec, write_spec
from training.models.registry import build_network


def save_network(spec: ModelSpec, network: nn.Module, model_dir: Path) -> None:
    """Write `model.safetensors`, with the charset digest in its metadata, and then `config.json`, with its SHA-256.

    Raises:
        ModelError: if a field of the spec is out of its bounds.
    """
    weights = {name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()}
    content = save(weights, metadata={"digest": spec.digest})  # one key: several come in random order
    with replacing(model_dir / WEIGHTS_FILE) as temporary:
        temporary.write_bytes(content)
    write_spec(replace(spec, weights=hashlib.sha256(content).hexdigest()), model_dir)


def load_network(model_dir: Path) -> tuple[ModelSpec, nn.Module]:
    """Return a model directory's spec and its network, in evaluation mode, on the CPU.

    Raises:
        ModelError: if a file is missing or damaged, or weights and config do not belong together.
    """
    spec = read_spec(model_dir)
    path = file_in(model_dir, WEIGHTS_FILE)
    if not path.is_file():
        raise ModelError(f"{path} does not exist: run `invoke train`, or restore it.")
    try:
        with safe_open(path, framework="pt") as file:
            digest = (file.metadata() or {}).get("digest")
        weights = load_file(path)
    except (SafetensorError, OSError) as problem:
        raise ModelError(f"{path} is damaged or cut short ({problem}): restore it, or train again.") from problem
    if digest != spec.digest:
        raise ModelError(
            f"{path} was trained for the charset with digest {digest!r}, but its config says {spec.digest!r}: "
            "put the files of one training run together."
        )
    found = sha256_of(path)
    if found != spec.weights:
        raise ModelError(
            f"{path} has the SHA-256 {found}, and its config was written for weights with {spec.weights}: they are of "
            "different training runs, or training was stopped between the two files; restore both, or train again."
        )
    _check_fits(spec, weights, path)
    network = build_network(spec)
    network.load_state_dict(weights)
    return spec, network.eval()


def _check_fits(spec: ModelSpec, weights: dict[str, torch.Tensor], path: Path) -> None:
    """Raise ModelError unless the weights have the names and shapes of the network, which takes no memory here."""
    try:
        with torch.device("meta"):
            build_network(spec).load_state_dict(weights, assign=True)
    except RuntimeError as problem:
        reason = str(problem).splitlines()[1].strip()
        raise ModelError(f"{path} does not fit the {spec.arch!r} network of its config: {reason}") from problem


def network_predictor(network: nn.Module) -> Predictor:
    """Return a predictor that computes with a network in evaluation mode on the CPU."""

    @torch.inference_mode()
    def predict(inputs: np.ndarray) -> np.ndarray:
        return network.eval()(torch.from_numpy(inputs)).numpy()

    return predict
