"""The architectures by name, and the one builder that unpacks a `ModelSpec`."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from training.errors import check_choice
from training.models import cnn, resnet
from training.spec import ModelSpec


@dataclass(frozen=True)
class Architecture:
    """A network class (num_classes, widths, pooling) and the widths it is best known with."""

    build: Callable[..., nn.Module]
    widths: tuple[int, ...]


ARCHITECTURES = {
    "resnet": Architecture(resnet.ResNet, resnet.WIDTHS),
    "cnn": Architecture(cnn.SeparableCNN, cnn.WIDTHS),
}


def get_architecture(name: str) -> Architecture:
    """Return an architecture.

    Raises:
        KakitoriError: for an unknown name, listing the known ones.
    """
    return ARCHITECTURES[check_choice("architecture", name, ARCHITECTURES)]


def build_network(spec: ModelSpec) -> nn.Module:
    """Return the network that `spec` describes, with fresh weights, in training mode."""
    return get_architecture(spec.arch).build(spec.num_classes, spec.widths, spec.pooling)


def count_parameters(network: nn.Module) -> int:
    """Return how many trained numbers the network holds."""
    return sum(parameter.numel() for parameter in network.parameters())
