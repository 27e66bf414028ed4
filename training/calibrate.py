"""Fit a model's confidence to images that it did not learn from: those that choose the best epoch in training.

Needs:  a model directory, and the data set it was trained on
Run:    invoke train does it at its end; invoke calibrate does it again
Writes: models/<name>/ config.json
"""

from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from training.batches import VALIDATION_STREAM
from training.checkpoint import load_network
from training.confidence import fit_confidence
from training.data.registry import Source, open_source
from training.loop import predict
from training.spec import GENERATED, Confidence, ModelSpec, write_spec

IMAGES = 6000  # at least, of generated ink: the few that are refused set the threshold
IMAGES_A_CLASS = 60  # enough where classes are few


def fit_network(spec: ModelSpec, network: nn.Module, source: Source, device: torch.device | str = "cpu") -> Confidence:
    """Return the confidence that the validation images of a source give a network; the default where it has none."""
    count = min(IMAGES, IMAGES_A_CLASS * spec.num_classes)
    images, labels = source.held_out(VALIDATION_STREAM, spec.size, count)
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
    write_spec(spec, model_dir)
    return spec
