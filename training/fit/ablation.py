"""Ablation of the ink's effects: short training runs, each without one effect, measured on real handwriting.

Needs:  stroke files of real handwriting
Run:    invoke ablate --strokes FILE.jsonl.gz
Writes: runs/ablation/<effect>/, a model directory each; docs/ablation.json; the table in training/README.md
"""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from kakitori.errors import KakitoriError
from kakitori.files import write_json
from kakitori.spec import GENERATED
from training.evaluation.accuracy import evaluate
from training.evaluation.samples import generated_samples, stroke_samples
from training.fit.checkpoints import FOLDER
from training.fit.config import TrainConfig
from training.fit.facts import finished_facts
from training.fit.train import train
from training.ink.amounts import EFFECTS
from training.models.weights import load_network, network_predictor

RESULTS = Path("docs/ablation.json")
NONE = "none"  # the run with all effects
WHOLE_HAND = "all of them"  # the run without any effect
ALONE = ",".join(EFFECTS)


def run_ablation(
    base: TrainConfig, stroke_files: Sequence[Path], folder: Path, command: str, results: Path = RESULTS
) -> None:
    """Train and measure one model without each effect; write the figures after every model.

    A model with the same settings that exists already is only measured, so an interrupted ablation continues.

    Args:
        base: settings of every run, except `model` and `without`.
        stroke_files: real handwriting.
        folder: for the models.
        command: as the user typed it, for the table.
        results: JSON file to write.

    Raises:
        KakitoriError: if no stroke file is given, or one cannot be used.
    """
    if not stroke_files:
        raise KakitoriError("An ablation is measured on real handwriting: give at least one --strokes FILE.")
    cases = {NONE: None} | {effect: effect for effect in EFFECTS} | {WHOLE_HAND: ALONE}
    rows: list[dict[str, Any]] = []
    for name, without in cases.items():
        model = folder / name.replace(" ", "-")
        config = replace(base, model=model, without=without)
        if not finished_facts(config):
            train(replace(config, fresh=not (model / FOLDER).exists()))
        rows.append({"without": name, **measure(model, stroke_files)})
        facts = {"setting": base.facts, "date": time.strftime("%Y-%m-%d"), "command": command}
        write_json(results, facts | {"rows": rows})


def measure(model: Path, stroke_files: Sequence[Path]) -> dict[str, Any]:
    """Return the top-1 percentage on each stroke file and on ink with all effects, and the training images seen."""
    spec, network = load_network(model)
    predict, charset = network_predictor(network), spec.get_charset()
    sets = {path.name: stroke_samples(path, spec) for path in stroke_files} | {GENERATED: generated_samples(spec)}
    results = {name: evaluate(samples, charset, predict)[-1] for name, samples in sets.items()}
    return {
        "images_seen": spec.training["images_seen"],
        "sets": [
            {"set": name, "characters": row["characters"], "top1_percent": row["top1_percent"]}
            for name, row in results.items()
        ],
    }
