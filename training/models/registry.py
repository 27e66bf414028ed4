"""The architectures by name, one row each, and the builder that unpacks a `ModelSpec`.

A network's module, and torch with it, is imported when a network is built: the command line reads this table.
"""

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kakitori.errors import KakitoriError, check_choice
from kakitori.spec import ModelSpec

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class Architecture:
    """A network class that takes (num_classes, widths, pooling, rank), its default widths and the least width."""

    network: str  # "module:class"
    widths: tuple[int, ...]
    least_width: int = 1


ARCHITECTURES = {
    "resnet": Architecture("training.models.resnet:ResNet", (32, 64, 128, 256)),
    "compact": Architecture("training.models.compact:CompactNet", (24, 48, 96, 128)),
    # The attention of its late stages squeezes the channels to an eighth.
    "cnn": Architecture("training.models.cnn:SeparableCNN", (32, 64, 128, 256, 384), least_width=8),
}


def get_architecture(name: str) -> Architecture:
    """Return an architecture.

    Raises:
        KakitoriError: for an unknown name; the message lists the known ones.
    """
    return ARCHITECTURES[check_choice("architecture", name, ARCHITECTURES)]


def check_widths(arch: str, widths: tuple[int, ...]) -> tuple[int, ...]:
    """Return `widths` if they are valid for an architecture.

    Raises:
        KakitoriError: for a wrong number of widths or one that is too small, with valid ones.
    """
    architecture = get_architecture(arch)
    count, least = len(architecture.widths), architecture.least_width
    if len(widths) != count or min(widths) < least:
        raise KakitoriError(
            f"--widths {format_widths(widths)}: {arch!r} takes {count} numbers of at least {least}, "
            f"such as its default, {format_widths(architecture.widths)}."
        )
    return widths


def format_widths(widths: tuple[int, ...]) -> str:
    """Return widths joined by commas, as --widths takes them."""
    return ",".join(map(str, widths))


def build_network(spec: ModelSpec) -> "nn.Module":
    """Return the network that `spec` describes, with random weights, in training mode."""
    module, name = get_architecture(spec.arch).network.split(":")
    network = getattr(importlib.import_module(module), name)
    return network(spec.num_classes, spec.widths, spec.pooling, spec.rank)


def count_parameters(network: "nn.Module") -> int:
    """Return the number of trainable parameters of a network."""
    return sum(parameter.numel() for parameter in network.parameters())
