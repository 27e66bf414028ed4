"""Models for the poolings that a model's own files do not have: a copy of it, and small ones trained here."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kakitori.files import sha256_of
from kakitori.spec import CONFIG_FILE, WEIGHTS_FILE, ModelSpec, read_spec
from training.fit.config import TrainConfig
from training.fit.train import train

# A maximum or a 2x2 pooling needs weights trained with it: small models of few classes, trained for the matrix only, to
# an accuracy at which INT8 keeps its limit (docs/measurements.md#small-models-of-other-poolings). Not at 32 pixels: the
# last feature map would be 2x2, which a 2x2 pooling leaves as it is.
PROBE_POOLINGS = ("adaptive_max", "avg_2x2", "max_2x2")
PROBE_PRECISIONS = ("fp32", "fp16", "fp16-weights", "int8")
PROBE_TRAINING: dict[str, Any] = {"class_limit": 50, "epochs": 48, "size": 64, "batch_size": 64}


def copy_model(model_dir: Path, copy: Path) -> Path:
    """Return a folder with a copy of a model's weights and config, where its other poolings are exported.

    Files in it that were made from another config or other weights are deleted.
    """
    files = (CONFIG_FILE, WEIGHTS_FILE)
    if not all((copy / file).exists() and sha256_of(copy / file) == sha256_of(model_dir / file) for file in files):
        shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir(parents=True, exist_ok=True)
    for file in files:
        shutil.copyfile(model_dir / file, copy / file)
    return copy


def train_probe(model_dir: Path, pooling: str, report: Callable[[str], None]) -> Path:
    """Return a model directory with a small network of this pooling, trained now unless it exists.

    Raises:
        KakitoriError: if the existing directory cannot be used.
    """
    config = TrainConfig(model=model_dir, pooling=pooling, **PROBE_TRAINING)
    if not (model_dir / CONFIG_FILE).exists() or not _is_probe(read_spec(model_dir), config):
        report(f"Training a small network with pooling {pooling} in {model_dir}")
        train(config, report)
    return model_dir


def _is_probe(spec: ModelSpec, config: TrainConfig) -> bool:
    found = (spec.arch, spec.pooling, spec.num_classes, spec.size)
    return found == (config.arch, config.pooling, config.class_limit, config.size)
