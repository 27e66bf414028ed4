"""Train networks: one run, or a chain of runs; an interrupted run continues from its newest checkpoint.

Needs:  nothing for the default data set, which is drawn from KanjiVG; otherwise a prepared set (`invoke data`)
Run:    invoke train            several GPUs: torchrun --nproc-per-node 4 --no-python invoke train
Writes: models/<name>/ config.json, model.safetensors, training_log.csv, training_curves.png, tensorboard/, checkpoints/
Watch:  tensorboard --logdir models/<name>/tensorboard; training_curves.png is drawn again while the run goes on
"""

import math
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState

from kakitori.errors import KakitoriError, ModelError
from kakitori.spec import WEIGHTS_FILE, ModelSpec, read_spec
from training.data.prepared import VALIDATION
from training.fit.batches import VALIDATION_IMAGES, training_batches
from training.fit.calibration import fit_network
from training.fit.chain import pruning_runs, runs_to_do
from training.fit.checkpoints import (
    FOLDER,
    RunState,
    check_same_run,
    checkpoints,
    generator_states,
    load_best,
    load_state,
    save_state,
)
from training.fit.config import TrainConfig
from training.fit.curves import Curve, best_row
from training.fit.energy import EnergyMeter, energy_facts
from training.fit.facts import training_facts
from training.fit.history import Record, delete_events, events_folder, read_log
from training.fit.loop import Diverged, ema_decay, evaluate_set, learning_rate, train_epoch
from training.fit.processors import count_threads, count_workers, torch_threads
from training.fit.run_progress import RunProgress, chain_progress, epoch_side
from training.fit.setup import Run, choose_loss, restore, set_up, trained_network
from training.ink import amounts
from training.models.registry import count_parameters
from training.models.weights import save_network
from training.progress.display import Bar, is_first_process

say = partial(print, flush=True)  # a log that is written to a file is read while the run goes on


@dataclass(frozen=True)
class Watch:
    """Where a run shows itself: the bar of all runs of its chain, its TensorBoard events, and the runs before it."""

    chain: Bar | None
    events: Path
    earlier: Sequence[Path] = ()  # model directories


def train(config: TrainConfig, report: Callable[[str], None] = say) -> ModelSpec | None:
    """Train the model in `config.model`, or continue its run; return its spec with the facts of the last run.

    Pruning in steps is a chain of runs, each in a folder of its own. Of several processes, the first writes the model
    directory; the others return None.

    Raises:
        KakitoriError: for settings that contradict each other or the run in the model directory, or a run whose loss
            is no longer a finite number; the checkpoints before that stay.
    """
    runs = pruning_runs(config)
    # A finished run is written again from its best checkpoint.
    return train_runs(runs, runs_to_do(runs, report if is_first_process() else ignore) or runs[-1:], report)


def train_stages(stages: Sequence[TrainConfig], report: Callable[[str], None] = say) -> ModelSpec | None:
    """Train the stages of a recipe that are not finished, in order; return the spec of the last one's model.

    Raises:
        KakitoriError: as `train`, naming the stage.
    """
    runs = [run for stage in stages for run in pruning_runs(stage)]
    to_do = runs_to_do(runs, report if is_first_process() else ignore)
    if not to_do:
        return read_spec(runs[-1].model) if is_first_process() else None
    return train_runs(runs, to_do, report)


def train_runs(
    chain: Sequence[TrainConfig], to_do: Sequence[TrainConfig], report: Callable[[str], None]
) -> ModelSpec | None:
    """Train the runs of a chain that are to do, in order; return the spec of the last model, None in other processes.

    Raises:
        KakitoriError: as `train`; with the stage of a recipe in front.
    """
    report, spec = report if is_first_process() else ignore, None
    models = [run.model for run in chain]
    with chain_progress(to_do) as bar:
        for run in to_do:
            if len(to_do) > 1:
                report(f"Training {run.model}.")
            watch = Watch(bar, events_folder(run.model, models[-1]), models[: models.index(run.model)])
            with torch_threads(count_threads(run)), named_stage(run):
                spec = train_once(run, watch, report)
    PartialState().destroy_process_group()
    return spec


@contextmanager
def named_stage(run: TrainConfig) -> Iterator[None]:
    """Begin the message of a user's mistake inside the context with the stage of a recipe that the run is of."""
    try:
        yield
    except KakitoriError as problem:
        if run.stage:
            raise ModelError(f"{run.stage}: {problem}") from problem
        raise


def ignore(line: str) -> None:
    """Print nothing."""


def train_once(config: TrainConfig, watch: Watch, report: Callable[[str], None]) -> ModelSpec | None:
    """Train one run to its end: see `train`."""
    is_new = config.fresh or not checkpoints(config.model)
    run = set_up(config, report if is_new else ignore)
    state = find_state(config, watch.events, report)
    is_main = run.trainer.accelerator.is_main_process
    processes = run.trainer.accelerator.num_processes
    restore(run, state)
    report(describe(run))
    with ExitStack() as open_until_the_end:
        meter = open_until_the_end.enter_context(EnergyMeter(is_main))
        progress = open_until_the_end.enter_context(RunProgress(config, state.epoch, processes, watch.chain, report))
        earlier = [Curve(model.name, read_log(model)) for model in watch.earlier]
        files = Record(config.model, watch.events, state.epoch, earlier)
        if is_main:
            open_until_the_end.enter_context(files)
        while not is_done(state, config):
            row = run_epoch(run, state, progress)
            row.update(meter.lap())
            progress.report_epoch(row)
            if is_main:
                files.write_epoch(state.history)
                record(run, state)
            run.trainer.accelerator.wait_for_everyone()
    spec = finish(run, state, meter) if is_main else None
    if is_main:
        files.finish(state.history)
    run.trainer.accelerator.wait_for_everyone()  # the next run may start from these weights
    return spec


def find_state(config: TrainConfig, events: Path, report: Callable[[str], None]) -> RunState:
    """Return the state to start from: that of the newest checkpoint, or of a new run.

    Raises:
        ModelError: if the newest checkpoint or `best.pt` is damaged or of another run, or --resume finds none.
    """
    if config.fresh:
        shutil.rmtree(config.model / FOLDER, ignore_errors=True)
        delete_events(events)
    saved = checkpoints(config.model)
    if saved:
        state = load_state(saved[-1])
        check_same_run(state, config.facts, saved[-1])
        load_best(state, config.model)
        report(f"Continuing after epoch {state.epoch} ({saved[-1]}).")
        extended = state.epoch if config.epochs > state.facts["epochs"] else state.extended_after
        return replace(state, facts=config.facts, extended_after=extended)
    if config.resume:
        raise ModelError(f"--resume: there is no checkpoint in {config.model / FOLDER}; start without it.")
    if (config.model / WEIGHTS_FILE).exists():
        report(f"{config.model} holds a trained model; its weights stay until this run ends and replaces them.")
    return RunState(config.facts)


def is_done(state: RunState, config: TrainConfig) -> bool:
    """Return whether a run is over: after all epochs, or `patience` full-size epochs without a better validation top-1.

    Raising the number of epochs restarts the count of patience.
    """
    if len(state.history) >= config.epochs:
        return True
    rows = [row for row in state.history if row["side_px"] == config.size]
    if sum(row["epoch"] > state.extended_after for row in rows) < config.patience:
        return False
    tops = [row["val_top1_percent"] for row in rows]
    return len(tops) > config.patience and max(tops[-config.patience :]) <= max(tops[: -config.patience])


def run_epoch(run: Run, state: RunState, progress: RunProgress) -> dict[str, float]:
    """Train one epoch, validate the averaged weights and update `state`; return the epoch's row of the log.

    Raises:
        ModelError: if the training or the validation loss is not a finite number; `state` stays as it was.
    """
    config, accelerator = run.config, run.trainer.accelerator
    epoch = state.epoch + 1
    side = epoch_side(config, epoch)
    batches = training_batches(
        run.data.source, run.data.charset, run.images_per_epoch, run.batch_size, side, config.seed, epoch,
        accelerator.process_index, accelerator.num_processes, count_workers(config), run.outliers,
    )  # fmt: skip
    steps = range(state.step, state.step + len(batches))
    total_steps = run.steps_per_epoch * config.epochs
    rates = [learning_rate(i, total_steps, config.warmup_steps, config.learning_rate) for i in steps]
    decays = [ema_decay(i, config.ema_decay) for i in steps]
    try:
        with progress.epoch(epoch, len(batches)) as advance:
            result = train_epoch(run.trainer, batches, rates, decays, choose_loss(run, side), advance)
    except Diverged as problem:
        raise diverged(f"a training loss of {problem.loss}", f"at epoch {epoch}, step {problem.step}", config) from None
    images, labels = map(torch.from_numpy, run.data.source.held_out(VALIDATION, side, VALIDATION_IMAGES))
    validation = evaluate_set(run.trainer.average, images, labels, accelerator.device)
    if not math.isfinite(validation["loss"]):
        raise diverged(f"a validation loss of {validation['loss']}", f"after epoch {epoch}", config)
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


def diverged(found: str, place: str, config: TrainConfig) -> ModelError:
    """Return the error of a run whose loss is not a finite number."""
    saved, advice = checkpoints(config.model), f"lower --learning-rate (now {config.learning_rate:g}) and start again"
    if saved:
        advice += f" with --fresh; the last good checkpoint, {saved[-1]}, stays for --resume"
    return ModelError(f"Found {found} {place}, expected a finite number: {advice}.")


def record(run: Run, state: RunState) -> None:
    """Write the checkpoint of the last epoch."""
    trainer = run.trainer
    state.network = trainer.accelerator.unwrap_model(trainer.network).state_dict()
    state.average = trainer.average.state_dict()
    state.optimizer = trainer.optimizer.state_dict()
    state.generators = generator_states()
    is_best = best_row(state.history) is state.history[-1]
    save_state(state, run.config.model, run.config.keep_checkpoints, is_best)


def finish(run: Run, state: RunState, meter: EnergyMeter) -> ModelSpec:
    """Write the averaged weights of the best epoch with config; return the spec."""
    run.trainer.average.load_state_dict(load_best(state, run.config.model).average)
    network = trained_network(run.config, run.spec, run.trainer.average)
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
        "revision": run.revision,
        "ink_amounts": amounts.digest(),
        "finished": time.strftime("%Y-%m-%d"),
        **energy_facts(state.history, meter),
        "base": training_facts(run.config.start_from),
        "taught_by": training_facts(run.config.teacher),
    }
    device = run.trainer.accelerator.device
    spec = replace(run.spec, training=facts)
    spec = replace(spec, confidence=fit_network(spec, network.to(device), run.data.source, device))
    save_network(spec, network, run.config.model)
    return spec


def describe(run: Run) -> str:
    """Return one line about the network, the data and the machine of a run."""
    accelerator = run.trainer.accelerator
    return (
        f"{run.spec.arch}, {count_parameters(run.trainer.average):,} parameters, {run.spec.num_classes:,} classes, "
        f"{run.steps_per_epoch} steps of {run.images_per_step} images an epoch, up to {run.config.epochs} epochs, "
        f"on {accelerator.num_processes} x {accelerator.device.type} in {accelerator.mixed_precision!r} precision, "
        f"{torch.get_num_threads()} thread(s) and {count_workers(run.config)} worker(s) each."
    )
