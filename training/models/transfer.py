"""Transfer of a trained model's weights to a new network of the same architecture, with the same or other classes."""

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from kakitori.charset import Charset
from kakitori.errors import ModelError
from kakitori.spec import ModelSpec
from training.models.weights import load_network

SAME = ("arch", "widths", "pooling")  # must be equal in both models
CLASSIFIER = "classifier."  # prefix of the names of its weights, in every architecture


def start_from(model_dir: Path, spec: ModelSpec, network: nn.Module, report: Callable[[str], None]) -> None:
    """Copy a trained model's weights into a new network of `spec`, in place, and report which.

    Where the classes differ, the classifier's rows of shared classes are copied; those of the others stay random.

    Raises:
        ModelError: if the weights cannot be used, belong to another network, or the models share no class.
    """
    theirs, trained = load_network(model_dir)
    for name in SAME:
        if getattr(theirs, name) != getattr(spec, name):
            raise ModelError(
                f"--start-from {model_dir}: its {name} is {getattr(theirs, name)!r}, and this run's is "
                f"{getattr(spec, name)!r}: start from a model with the same one."
            )
    if theirs.digest == spec.digest:
        network.load_state_dict(trained.state_dict())
        return report(f"Starting from all weights of {model_dir}.")
    rows = shared_classes(spec.get_charset(), theirs.get_charset())
    if not rows:
        raise ModelError(
            f"--start-from {model_dir}: none of its {theirs.num_classes:,} classes is one of this run's "
            f"{spec.num_classes:,}: start from a model that shares classes."
        )
    network.load_state_dict(carry_over(trained.state_dict(), network.state_dict(), rows, spec.num_classes))
    return report(
        f"Starting from {model_dir}: all weights before the classifier, and the classifier's of {len(rows):,} of "
        f"{spec.num_classes:,} classes; the other {spec.num_classes - len(rows):,} start fresh."
    )


def shared_classes(ours: Charset, theirs: Charset) -> dict[int, int]:
    """Return {our class index: their class index} of the classes with a common character."""
    known = {index: [c for c in ours.homoglyphs(index) if c in theirs] for index in range(len(ours))}
    return {index: theirs.index(characters[0]) for index, characters in known.items() if characters}


def carry_over(
    theirs: dict[str, Tensor], ours: dict[str, Tensor], rows: dict[int, int], num_classes: int
) -> dict[str, Tensor]:
    """Return our weights replaced by theirs; of tensors with one row per class, only the rows of {ours: theirs}."""
    to, of = torch.tensor(list(rows)), torch.tensor(list(rows.values()))
    merged = {}
    for name, fresh in ours.items():
        if name.startswith(CLASSIFIER) and len(fresh) == num_classes:
            merged[name] = fresh.clone()
            merged[name][to] = theirs[name][of].to(fresh.device)
        else:
            merged[name] = theirs[name]
    return merged
