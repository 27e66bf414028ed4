"""Train a network on a data set until it is done, going on where an interrupted run stopped.

Needs:  nothing: the default data set is drawn on the fly from KanjiVG; for others a prepared set (`invoke data`)
Run:    invoke train            several GPUs: torchrun --nproc-per-node 4 --no-python invoke train
Writes: models/<name>/ config.json, model.safetensors, training_log.csv, training_curves.png, tensorboard/, checkpoints/
"""

import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from kakitori.errors import ModelError
from kakitori.spec import WEIGHTS_FILE, ModelSpec, read_spec
from training.data.prepared import VALIDATION
from training.fit.batches import VALIDATION_IMAGES, default_workers, training_batches
from training.fit.calibration import fit_network
from training.fit.checkpoints import (
    BEST,
    FOLDER,
    RunState,
    check_same_run,
    checkpoints,
    generator_states,
    load_state,
    save_state,
)
from training.fit.config import TrainConfig
from training.fit.energy import EnergyMeter, energy_facts
from training.fit.history import EVENTS_FOLDER, log_events, plot_curves, write_log
from training.fit.loop import evaluate_set, train_epoch
from training.fit.progress import TrainProgress
from training.fit.schedule import ema_decay, image_side, learning_rate
from training.fit.setup import Run, choose_loss, last_network, restore, set_up
from training.models.registry import count_parameters
from training.models.weights import save_network

STEPS_FOLDER = "steps"  # of the models between one and its pruned one


def train(config: TrainConfig, report: Callable[[str], None] = print) -> ModelSpec | None:
    """Train, or go on training, the model in `config.model`; return its spec, with the last run's facts.

    Pruning in steps is a chain of runs, each in a folder of its own. Of several processes the first writes the model
    directory; the others return None.

    Raises:
        KakitoriError: for settings that contradict each other or the run that is there.
    """
    *earlier, last = pruning_runs(config)
    for step in earlier:
        train_once(step, report)
    return train_once(last, report)


def pruning_runs(config: TrainConfig) -> list[TrainConfig]:
    """Return the runs of a pruning in steps, which all leave the same share of channels; otherwise the one run."""
    if not config.prune or config.prune_steps == 1:
        return [config]
    share = round(1 - (1 - config.prune) ** (1 / config.prune_steps), 4)
    folders = [config.model / STEPS_FOLDER / str(step) for step in range(1, config.prune_steps)]
    starts, models = [config.start_from, *folders], [*folders, config.model]
    return [
        replace(config, start_from=start, model=model, prune=share, prune_steps=1)
        for start, model in zip(starts, models, strict=True)
    ]


def train_once(config: TrainConfig, report: Callable[[str], None]) -> ModelSpec | None:
    """Train in one run: see `train`."""
    is_new = config.fresh or not checkpoints(config.model)
    run = set_up(config, report if is_new else lambda line: None)
    state = find_state(config, report)
    is_main = run.trainer.accelerator.is_main_process
    restore(run, state)
    if is_main:
        report(describe(run))
    with TrainProgress(config.epochs, state.epoch, is_main) as progress, EnergyMeter(is_main) as meter:
        while not is_done(state.history, config):
            row = run_epoch(run, state, progress)
            row.update(meter.lap())
            progress.print_row(row)
            if is_main:
                record(run, state)
            run.trainer.accelerator.wait_for_everyone()
    spec = finish(run, state, meter) if is_main else None
    run.trainer.accelerator.end_training()
    return spec


def find_state(config: TrainConfig, report: Callable[[str], None]) -> RunState:
    """Return the state to start from: the newest checkpoint's, or a new run's.

    Raises:
        ModelError: if the newest checkpoint is damaged or another run's, or --resume finds none.
    """
    if config.fresh:
        for folder in (FOLDER, EVENTS_FOLDER):
            shutil.rmtree(config.model / folder, ignore_errors=True)
    saved = checkpoints(config.model)
    if saved:
        state = load_state(saved[-1])
        check_same_run(state, config.facts, saved[-1])
        report(f"Going on after epoch {state.epoch} ({saved[-1]}).")
        return state
    if config.resume:
        raise ModelError(f"--resume: there is no checkpoint in {config.model / FOLDER}; start without it.")
    if (config.model / WEIGHTS_FILE).exists():
        report(f"{config.model} holds a trained model; its weights stay until this run ends and replaces them.")
    return RunState(config.facts)


def is_done(history: list[dict[str, float]], config: TrainConfig) -> bool:
    """Tell whether all epochs are through, or the validation top-1 has not risen for `patience` full-size epochs."""
    if len(history) >= config.epochs:
        return True
    tops = [row["val_top1_percent"] for row in history if row["side_px"] == config.size]
    return len(tops) > config.patience and max(tops[-config.patience :]) <= max(tops[: -config.patience])


def run_epoch(run: Run, state: RunState, progress: TrainProgress) -> dict[str, float]:
    """Train one epoch, validate the averaged weights, bring `state` up to date; return the epoch's log row."""
    config, accelerator = run.config, run.trainer.accelerator
    epoch = state.epoch + 1
    side = config.size if config.start_from else image_side(epoch, config.epochs, config.size)
    workers = default_workers() if config.workers is None else config.workers
    batches = training_batches(
        run.data.source, run.data.charset, run.images_per_epoch, run.batch_size, side, config.seed, epoch,
        accelerator.process_index, accelerator.num_processes, workers, run.outliers,
    )  # fmt: skip
    steps = range(state.step, state.step + len(batches))
    total_steps = run.steps_per_epoch * config.epochs
    rates = [learning_rate(i, total_steps, config.warmup_steps, config.learning_rate) for i in steps]
    decays = [ema_decay(i, config.ema_decay) for i in steps]
    progress.start_epoch(epoch, len(batches), side)
    result = train_epoch(run.trainer, batches, rates, decays, choose_loss(run, side), progress.advance)
    images, labels = map(torch.from_numpy, run.data.source.held_out(VALIDATION, side, VALIDATION_IMAGES))
    validation = evaluate_set(run.trainer.average, images, labels, accelerator.device)
    row = {
        "epoch": epoch,
        "side_px": side,
        "images": steps.stop * run.images_per_step,
        "lr": round(rates[-1], 8),
        "train_loss": round(result.loss, 5),
        "train_top1_percent": round(result.top1_percent, 3),
        "val_loss": round(validation["loss"], 5),
        **{f"val_{name}": value for name, value in validation.items() if name != "loss"},
        "images_per_second": round(result.images_per_second * accelerator.num_processes, 1),
        "epoch_seconds": round(result.seconds, 1),
    }
    state.epoch, state.step, state.history = epoch, steps.stop, [*state.history, row]
    return row


def record(run: Run, state: RunState) -> None:
    """Write the epoch's checkpoint, log and events."""
    trainer = run.trainer
    state.network = trainer.accelerator.unwrap_model(trainer.network).state_dict()
    state.average = trainer.average.state_dict()
    state.optimizer = trainer.optimizer.state_dict()
    state.generators = generator_states()
    is_best = best_row(state.history) is state.history[-1]
    save_state(state, run.config.model, run.config.keep_checkpoints, is_best)
    write_log(state.history, run.config.model)
    log_events(state.history[-1], run.config.model)


def best_row(history: list[dict[str, float]]) -> dict[str, float]:
    """Return the row with the highest validation top-1 among those of the largest image side so far."""
    side = max(row["side_px"] for row in history)
    return max((row for row in history if row["side_px"] == side), key=lambda row: row["val_top1_percent"])


def finish(run: Run, state: RunState, meter: EnergyMeter) -> ModelSpec:
    """Write the best epoch's averaged weights with config, log and curves; return the spec."""
    run.trainer.average.load_state_dict(load_state(run.config.model / FOLDER / BEST).average)
    network = last_network(run.config, run.spec, run.trainer.average)
    row = best_row(state.history)
    facts: dict[str, Any] = {
        **run.config.facts,
        "best_epoch": row["epoch"],
        "images_seen": row["images"],
        "parameters": count_parameters(network),
        "train_seconds": round(sum(r["epoch_seconds"] for r in state.history)),
        "val_top1_percent": row["val_top1_percent"],
        "torch": torch.__version__,
        "device": run.trainer.accelerator.device.type,
        "precision": run.trainer.accelerator.mixed_precision,
        "finished": time.strftime("%Y-%m-%d"),
        **energy_facts(state.history, meter),
        "base": training_facts(run.config.start_from),
        "taught_by": training_facts(run.config.teacher),
    }
    device = run.trainer.accelerator.device
    spec = replace(run.spec, training=facts)
    spec = replace(spec, confidence=fit_network(spec, network.to(device), run.data.source, device))
    save_network(spec, network, run.config.model)
    write_log(state.history, run.config.model)
    plot_curves(state.history, run.config.model)
    return spec


def training_facts(model_dir: Path | None) -> dict[str, Any] | None:
    """Return the facts of the run that made a model."""
    return read_spec(model_dir).training if model_dir else None


def describe(run: Run) -> str:
    """Return one line about what is trained on what."""
    accelerator = run.trainer.accelerator
    return (
        f"{run.spec.arch}, {count_parameters(run.trainer.average):,} parameters, {run.spec.num_classes:,} classes, "
        f"{run.steps_per_epoch} steps of {run.images_per_step} images an epoch, up to {run.config.epochs} epochs, "
        f"on {accelerator.num_processes} x {accelerator.device.type} in {accelerator.mixed_precision!r} precision."
    )
