"""The architectures by name, and the one builder that unpacks a `ModelSpec`."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from kakitori.errors import KakitoriError, check_choice
from kakitori.spec import ModelSpec
from training.models import cnn, compact, resnet


@dataclass(frozen=True)
class Architecture:
    """A network class (num_classes, widths, pooling, rank), the widths it is best known with, and the least of each."""

    build: Callable[..., nn.Module]
    widths: tuple[int, ...]
    least_width: int = 1


ARCHITECTURES = {
    "resnet": Architecture(resnet.ResNet, resnet.WIDTHS),
    "compact": Architecture(compact.CompactNet, compact.WIDTHS),
    "cnn": Architecture(cnn.SeparableCNN, cnn.WIDTHS, least_width=cnn.ATTENTION_REDUCTION),
}


def get_architecture(name: str) -> Architecture:
    """Return an architecture.

    Raises:
        KakitoriError: for an unknown name, listing the known ones.
    """
    return ARCHITECTURES[check_choice("architecture", name, ARCHITECTURES)]


def check_widths(arch: str, widths: tuple[int, ...]) -> tuple[int, ...]:
    """Return `widths` if an architecture can be built with them.

    Raises:
        KakitoriError: otherwise, with widths that it can be built with.
    """
    architecture = get_architecture(arch)
    count, least = len(architecture.widths), architecture.least_width
    if len(widths) != count or min(widths) < least:
        raise KakitoriError(
            f"--widths {format_widths(widths)}: {arch!r} takes {count} numbers of at least {least}, "
            f"such as its own, {format_widths(architecture.widths)}."
        )
    return widths


def format_widths(widths: tuple[int, ...]) -> str:
    """Return widths as they are typed."""
    return ",".join(map(str, widths))


def build_network(spec: ModelSpec) -> nn.Module:
    """Return the network that `spec` describes, with fresh weights, in training mode."""
    return get_architecture(spec.arch).build(spec.num_classes, spec.widths, spec.pooling, spec.rank)


def count_parameters(network: nn.Module) -> int:
    """Return how many trained numbers the network holds."""
    return sum(parameter.numel() for parameter in network.parameters())
