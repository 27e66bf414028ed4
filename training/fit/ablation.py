"""What each effect of the generated ink is worth: short training runs, each without one, read real handwriting.

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
from kakitori.files import read_json, write_json
from kakitori.spec import CONFIG_FILE, GENERATED
from training.evaluation.accuracy import evaluate
from training.evaluation.samples import generated_samples, stroke_samples
from training.fit.config import TrainConfig
from training.fit.train import train
from training.ink.amounts import EFFECTS
from training.models.weights import load_network, network_predictor

RESULTS = Path("docs/ablation.json")
NONE = "none"  # the run that leaves nothing out
WHOLE_HAND = "all of them"  # the run that draws the templates as they are
ALONE = ",".join(EFFECTS)


def run_ablation(
    base: TrainConfig, stroke_files: Sequence[Path], folder: Path, command: str, results: Path = RESULTS
) -> None:
    """Train and measure one model for each effect that is left out; record the figures after every model.

    A model that is there already with the same settings is only measured again, so an interrupted ablation goes on.

    Args:
        base: settings of every run, but for `model` and `without`.
        stroke_files: real handwriting.
        folder: where the models go.
        command: what the user typed, for the table.
        results: JSON file to write.

    Raises:
        KakitoriError: if no stroke file is named, or one cannot be used.
    """
    if not stroke_files:
        raise KakitoriError("An ablation is measured on real handwriting: name --strokes FILE.")
    cases = {NONE: None} | {effect: effect for effect in EFFECTS} | {WHOLE_HAND: ALONE}
    rows: list[dict[str, Any]] = []
    for name, without in cases.items():
        model = folder / name.replace(" ", "-")
        config = replace(base, model=model, without=without)
        if not is_trained(config):
            train(replace(config, fresh=not (model / "checkpoints").exists()))
        rows.append({"without": name, **measure(model, stroke_files)})
        facts = {"setting": base.facts, "date": time.strftime("%Y-%m-%d"), "command": command}
        write_json(results, facts | {"rows": rows})


def is_trained(config: TrainConfig) -> bool:
    """Tell whether the model directory holds the result of just these settings."""
    path = config.model / CONFIG_FILE
    facts = read_json(path)["training"] if path.exists() else {}
    return all(facts.get(name) == value for name, value in config.facts.items()) and bool(facts)


def measure(model: Path, stroke_files: Sequence[Path]) -> dict[str, Any]:
    """Return top-1 in percent on each stroke file and on generated ink of every effect, and the images seen."""
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
