"""Ablation of the ink's effects: short training runs, each without one effect, measured on real handwriting.

Needs:  stroke files of real handwriting
Run:    invoke ablate --strokes FILE.jsonl.gz
Writes: runs/ablation/<effect>/, a model directory each; docs/ablation.json; the table in training/README.md
"""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from kakitori.errors import KakitoriError
from kakitori.schemas.evaluation import Ablation, AblationRow, AblationSet
from kakitori.schemas.reader import write_document
from kakitori.spec import GENERATED
from training.evaluation.accuracy import evaluate
from training.evaluation.samples import generated_samples, stroke_samples
from training.fit.checkpoints import FOLDER
from training.fit.config import TrainConfig
from training.fit.facts import finished_facts
from training.fit.train import train
from training.ink.amounts import EFFECTS
from training.models.weights import load_network, network_predictor
from training.progress.display import Bar

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
    rows: list[AblationRow] = []
    with Bar("Ablation", len(cases), "models") as bar:
        for name, without in cases.items():
            model = folder / name.replace(" ", "-")
            config = replace(base, model=model, without=without)
            is_new = not finished_facts(config)
            if is_new:
                train(replace(config, fresh=not (model / FOLDER).exists()))
            rows.append(measure(name, model, stroke_files))
            date = time.strftime("%Y-%m-%d")
            write_document(results, Ablation(setting=base.facts, date=date, command=command, rows=rows))
            (bar.advance if is_new else bar.skip)(1)


def measure(without: str, model: Path, stroke_files: Sequence[Path]) -> AblationRow:
    """Return the row of a model trained without an effect: top-1 on each stroke file and on ink of all effects."""
    spec, network = load_network(model)
    predict, charset = network_predictor(network), spec.get_charset()
    sets = {path.name: stroke_samples(path, spec) for path in stroke_files} | {GENERATED: generated_samples(spec)}
    results = {name: evaluate(samples, charset, predict)[-1] for name, samples in sets.items()}
    return AblationRow(
        without=without,
        images_seen=spec.training["images_seen"],
        sets=[
            AblationSet(set=name, characters=row.characters, top1_percent=row.top1_percent)
            for name, row in results.items()
        ],
    )
