"""Checkpoints: the state of a training run after each epoch. Files are replaced whole and read without unpickling."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from kakitori.errors import ModelError
from kakitori.files import replacing
from training.fit.curves import best_row

FOLDER = "checkpoints"
BEST = "best.pt"


@dataclass
class RunState:
    """What a run needs to continue after an epoch with the same results as without an interruption."""

    facts: dict[str, Any]
    epoch: int = 0
    step: int = 0
    network: dict[str, Any] = field(default_factory=dict)
    average: dict[str, Any] = field(default_factory=dict)
    optimizer: dict[str, Any] = field(default_factory=dict)
    generators: dict[str, Any] = field(default_factory=dict)
    history: list[dict[str, float]] = field(default_factory=list)
    extended_after: int = 0
    """Last epoch when the number of epochs was last raised; 0 if it never was."""


def checkpoints(model_dir: Path) -> list[Path]:
    """Return the paths of a run's checkpoints by epoch, oldest first, without `best.pt`."""
    return sorted(path for path in (model_dir / FOLDER).glob("*.pt") if re.fullmatch(r"epoch-\d+", path.stem))


def save_state(state: RunState, model_dir: Path, keep: int, is_best: bool) -> None:
    """Write an epoch's checkpoint, also as `best.pt` if it is the best, and delete all but the last `keep`."""
    names = [f"epoch-{state.epoch:04d}.pt"] + ([BEST] if is_best else [])
    for name in names:
        with replacing(model_dir / FOLDER / name) as temporary:
            torch.save(vars(state), temporary)
    for path in checkpoints(model_dir)[:-keep]:
        path.unlink()


def load_state(path: Path) -> RunState:
    """Return the state in a checkpoint.

    Raises:
        ModelError: if the file is damaged or is not a checkpoint.
    """
    try:
        return RunState(**torch.load(path, map_location="cpu", weights_only=True))
    except Exception as problem:  # torch.load raises many kinds, some bare, for a file cut short
        raise ModelError(
            f"{path} is not a checkpoint of this program ({type(problem).__name__}): delete it, or start with --fresh."
        ) from problem


def check_same_run(state: RunState, facts: dict[str, Any], path: Path) -> None:
    """Check that a checkpoint belongs to a run with these settings; the number of epochs may be higher now.

    Raises:
        ModelError: for fewer epochs, or naming each other setting that differs with its old and new value.
    """
    changed = [
        f"{name} was {state.facts.get(name)!r}, now {value!r}"
        for name, value in facts.items()
        if state.facts.get(name) != value and name != "epochs"
    ]
    if changed:
        raise ModelError(
            f"{path.parent} belongs to a run with other settings ({'; '.join(changed)}): "
            "use the same ones to go on, --fresh to start over, or another --model."
        )
    before, now = state.facts["epochs"], facts["epochs"]
    if now < before:
        raise ModelError(
            f"--epochs {now}: {path.parent} belongs to a run of {before} epochs, whose number can only be raised: "
            f"use --epochs {before} or more, --fresh to start over, or another --model."
        )


def load_best(state: RunState, model_dir: Path) -> RunState:
    """Return the state after the best epoch of a run, from `best.pt`.

    Args:
        state: of the run, after an epoch.
        model_dir: of the run.

    Raises:
        ModelError: if the file is missing, damaged, or not of this run's best epoch.
    """
    path = model_dir / FOLDER / BEST
    epoch = int(best_row(state.history)["epoch"])
    advice = f"put the run's own {BEST} back, or start over with --fresh"
    if not path.is_file():
        raise ModelError(f"{path} does not exist, but epoch {epoch} was the run's best: {advice}.")
    best = load_state(path)
    check_same_run(best, state.facts, path)
    if best.epoch != epoch or repr(best.history) != repr(state.history[:epoch]):  # equal for NaN, too
        raise ModelError(f"{path} is of epoch {best.epoch} of another run, not of this run's epoch {epoch}: {advice}.")
    return best


def generator_states() -> dict[str, Any]:
    """Return the states of torch's global generators."""
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
    return {"cpu": torch.get_rng_state(), "cuda": cuda}


def restore_generators(states: dict[str, Any]) -> None:
    """Set torch's global generators to saved states."""
    torch.set_rng_state(states["cpu"])
    if states["cuda"] and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(states["cuda"])
