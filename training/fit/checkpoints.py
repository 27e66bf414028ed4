"""The state of a training run after an epoch: saved whole, kept by number, read without unpickling objects."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from kakitori.errors import ModelError
from kakitori.files import replacing

FOLDER = "checkpoints"
BEST = "best.pt"


@dataclass
class RunState:
    """All that an interrupted run needs to go on as if nothing had happened. The schedule follows from `epoch`."""

    facts: dict[str, Any]
    epoch: int = 0
    step: int = 0
    network: dict[str, Any] = field(default_factory=dict)
    average: dict[str, Any] = field(default_factory=dict)
    optimizer: dict[str, Any] = field(default_factory=dict)
    generators: dict[str, Any] = field(default_factory=dict)
    history: list[dict[str, float]] = field(default_factory=list)


def checkpoints(model_dir: Path) -> list[Path]:
    """Return the run's checkpoints, oldest first."""
    return sorted(path for path in (model_dir / FOLDER).glob("*.pt") if re.fullmatch(r"epoch-\d+", path.stem))


def save_state(state: RunState, model_dir: Path, keep: int, is_best: bool) -> None:
    """Write the checkpoint of an epoch, delete all but the last `keep`, and copy it to `best.pt` if it is the best."""
    names = [f"epoch-{state.epoch:04d}.pt"] + ([BEST] if is_best else [])
    for name in names:
        with replacing(model_dir / FOLDER / name) as temporary:
            torch.save(vars(state), temporary)
    for path in checkpoints(model_dir)[:-keep]:
        path.unlink()


def load_state(path: Path) -> RunState:
    """Return a saved state.

    Raises:
        ModelError: if the file is damaged or holds something else.
    """
    try:
        return RunState(**torch.load(path, map_location="cpu", weights_only=True))
    except Exception as problem:  # torch.load raises many kinds, some bare, for a file cut short
        raise ModelError(
            f"{path} is not a checkpoint of this program ({type(problem).__name__}): delete it, or start with --fresh."
        ) from problem


def check_same_run(state: RunState, facts: dict[str, Any], path: Path) -> None:
    """Refuse to go on with a run whose settings differ.

    Raises:
        ModelError: naming each setting with its old and new value.
    """
    changed = [
        f"{name} was {state.facts.get(name)!r}, now {value!r}"
        for name, value in facts.items()
        if state.facts.get(name) != value
    ]
    if changed:
        raise ModelError(
            f"{path.parent} belongs to a run with other settings ({'; '.join(changed)}): "
            "use the same ones to go on, --fresh to start over, or another --model."
        )


def generator_states() -> dict[str, Any]:
    """Return the states of torch's global generators."""
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
    return {"cpu": torch.get_rng_state(), "cuda": cuda}


def restore_generators(states: dict[str, Any]) -> None:
    """Put torch's global generators back into saved states."""
    torch.set_rng_state(states["cpu"])
    if states["cuda"] and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(states["cuda"])
