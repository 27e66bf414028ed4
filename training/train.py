"""Train a network on a data set until it is done, going on where an interrupted run stopped.

Needs:  nothing: the default data set is drawn on the fly from KanjiVG; for others a prepared set (`invoke data`)
Run:    invoke train            several GPUs: torchrun --nproc-per-node 4 --no-python invoke train
Writes: models/<name>/ config.json, model.safetensors, training_log.csv, training_curves.png, tensorboard/, checkpoints/
"""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import set_seed

from training.batches import VALIDATION_IMAGES, VALIDATION_STREAM, default_workers, training_batches
from training.calibrate import fit_network
from training.charset import CHARSETS
from training.checkpoint import save_network
from training.config import TrainConfig
from training.data.registry import Dataset, open_dataset
from training.distil import Loss, Teacher, label_loss, open_teacher, taught_loss
from training.energy import EnergyMeter, energy_facts
from training.errors import ModelError
from training.history import EVENTS_FOLDER, log_events, plot_curves, write_log
from training.loop import Trainer, evaluate_set, train_epoch
from training.models.registry import build_network, count_parameters, get_architecture
from training.progress import TrainProgress
from training.run_state import (
    FOLDER,
    RunState,
    check_same_run,
    checkpoints,
    generator_states,
    load_state,
    restore_generators,
    save_state,
)
from training.schedule import ema_decay, image_side, learning_rate
from training.spec import WEIGHTS_FILE, ModelSpec, read_spec
from training.start import start_from


@dataclass
class Run:
    """What stays the same from epoch to epoch."""

    config: TrainConfig
    spec: ModelSpec
    data: Dataset
    trainer: Trainer
    teacher: Teacher | None
    images_per_epoch: int
    batch_size: int  # in each process; smaller than asked for where an epoch is smaller than one batch

    @property
    def images_per_step(self) -> int:
        return self.batch_size * self.trainer.accelerator.num_processes

    @property
    def steps_per_epoch(self) -> int:
        return self.images_per_epoch // self.images_per_step


def train(config: TrainConfig, report: Callable[[str], None] = print) -> ModelSpec | None:
    """Train, or go on training, the model in `config.model`; return its spec, with the run's facts.

    Of several processes the first writes the model directory; the others return None.

    Raises:
        KakitoriError: for settings that contradict each other or the run that is there.
    """
    run = set_up(config)
    state = find_state(config, report)
    is_main = run.trainer.accelerator.is_main_process
    restore(run, state, report if is_main else lambda line: None)
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


def set_up(config: TrainConfig) -> Run:
    """Return the run: process group, data, network, optimiser, all seeded."""
    accelerator = Accelerator(cpu=config.device == "cpu", mixed_precision=mixed_precision(config.device))
    if config.device == "cuda" and accelerator.device.type != "cuda":
        raise ModelError("--device cuda: torch sees no CUDA device here; use --device cpu, or auto.")
    set_seed(config.seed)
    with accelerator.main_process_first():  # one process fills the caches, the others find them
        dataset = open_dataset(
            config.dataset, config.size, config.class_limit, config.mix,
            config.without.split(",") if config.without else (),
        )  # fmt: skip
    charset = dataset.charset
    spec = ModelSpec(
        config.arch, config.widths or get_architecture(config.arch).widths, config.pooling, charset.name, len(charset),
        charset.digest, config.size, radius=dataset.source.pen_radius(config.size),
        characters=None if charset.name in CHARSETS else charset.characters, data=dataset.licence,
    )  # fmt: skip
    network = build_network(spec).to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(network.parameters(), config.learning_rate, weight_decay=config.weight_decay)
    average = build_network(spec).to(accelerator.device, memory_format=torch.channels_last)
    network, optimizer = accelerator.prepare(network, optimizer)
    trainer = Trainer(accelerator, network, average, optimizer, config.clip_norm)
    teacher = open_teacher(config.teacher, spec, accelerator.device) if config.teacher else None
    images = config.sample_limit or dataset.source.images_per_epoch
    batch_size = min(config.batch_size, images // accelerator.num_processes)
    if batch_size < 2:
        raise ModelError(
            f"An epoch of {images} images in batches of {config.batch_size} leaves less than the 2 a batch that batch "
            "normalisation needs: raise --sample-limit or --batch-size."
        )
    return Run(config, spec, dataset, trainer, teacher, images, batch_size)


def mixed_precision(device: str) -> str:
    """Return accelerate's name of the number format to compute in: what the device is fast and safe with."""
    if device != "cpu" and torch.cuda.is_available():
        return "bf16" if torch.cuda.is_bf16_supported() else "fp16"
    # Without AVX512-BF16 instructions bfloat16 is emulated: 14 times slower than float32 on an AVX2 machine
    # (torch 2.13.0, November 2026: 31 against 420 images/s).
    return "bf16" if torch.cpu._is_avx512_bf16_supported() else "no"


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


def restore(run: Run, state: RunState, report: Callable[[str], None]) -> None:
    """Put network, average, optimiser and generators into the state's; a new run's average starts at the network.

    Raises:
        ModelError: if the weights to start from cannot be used, or are another network's.
    """
    trainer = run.trainer
    network = trainer.accelerator.unwrap_model(trainer.network)
    if state.epoch == 0:
        if run.config.start_from:
            start_from(run.config.start_from, run.spec, network, report)
        trainer.average.load_state_dict(network.state_dict())
        return
    network.load_state_dict(state.network)
    trainer.average.load_state_dict(state.average)
    trainer.optimizer.load_state_dict(state.optimizer)
    restore_generators(state.generators)


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
        accelerator.process_index, accelerator.num_processes, workers,
    )  # fmt: skip
    steps = range(state.step, state.step + len(batches))
    total_steps = run.steps_per_epoch * config.epochs
    rates = [learning_rate(i, total_steps, config.warmup_steps, config.learning_rate) for i in steps]
    decays = [ema_decay(i, config.ema_decay) for i in steps]
    progress.start_epoch(epoch, len(batches), side)
    result = train_epoch(run.trainer, batches, rates, decays, choose_loss(run, side), progress.advance)
    images, labels = map(torch.from_numpy, run.data.source.held_out(VALIDATION_STREAM, side, VALIDATION_IMAGES))
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


def choose_loss(run: Run, side: int) -> Loss:
    """Return what an epoch of images of `side` minimises: the teacher takes part where they have its own side."""
    config, labelled = run.config, label_loss(run.config.label_smoothing)
    if run.teacher is None or side != run.teacher.side:
        return labelled
    return taught_loss(labelled, run.teacher, config.teacher_weight, config.teacher_temperature)


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
    best = load_state(run.config.model / FOLDER / "best.pt")
    row = best_row(state.history)
    facts: dict[str, Any] = {
        **run.config.facts,
        "best_epoch": row["epoch"],
        "images_seen": row["images"],
        "parameters": count_parameters(run.trainer.average),
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
    run.trainer.average.load_state_dict(best.average)
    device = run.trainer.accelerator.device
    spec = replace(run.spec, training=facts)
    spec = replace(spec, confidence=fit_network(spec, run.trainer.average, run.data.source, device))
    save_network(spec, run.trainer.average, run.config.model)
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
