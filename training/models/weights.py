"""Read and write the weights of a model directory, together with their spec and charset digest.

Weights are safetensors files, which are read without unpickling.
"""

from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import nn

from kakitori.confidence import Predictor
from kakitori.errors import ModelError
from kakitori.files import replacing
from kakitori.spec import WEIGHTS_FILE, ModelSpec, read_spec, write_spec
from training.models.registry import build_network


def save_network(spec: ModelSpec, network: nn.Module, model_dir: Path) -> None:
    """Write `model.safetensors`, with the charset digest in its metadata, and then `config.json`."""
    weights = {name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()}
    with replacing(model_dir / WEIGHTS_FILE) as temporary:
        save_file(weights, temporary, metadata={"digest": spec.digest})  # one key: several come in random order
    write_spec(spec, model_dir)


def load_network(model_dir: Path) -> tuple[ModelSpec, nn.Module]:
    """Return a model directory's spec and its network, in evaluation mode, on the CPU.

    Raises:
        ModelError: if a file is missing or damaged, or weights and config do not belong together.
    """
    spec = read_spec(model_dir)
    path = model_dir / WEIGHTS_FILE
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
    network = build_network(spec)
    try:
        network.load_state_dict(weights)
    except RuntimeError as problem:
        reason = str(problem).splitlines()[1].strip()
        raise ModelError(f"{path} does not fit the {spec.arch!r} network of its config: {reason}") from problem
    return spec, network.eval()


def network_predictor(network: nn.Module) -> Predictor:
    """Return a predictor that computes with a network in evaluation mode on the CPU."""

    @torch.inference_mode()
    def predict(inputs: np.ndarray) -> np.ndarray:
        return network.eval()(torch.from_numpy(inputs)).numpy()

    return predict
