"""Layers shared by the architectures. Shape letters: N batch, C channels, H/W pixels, K classes."""

from collections.abc import Iterator

import torch
from torch import nn

from kakitori.spec import POOLINGS

ADAPTIVE_POOLS = {"avg": nn.AdaptiveAvgPool2d, "max": nn.AdaptiveMaxPool2d}


def conv_norm(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Return a padded convolution without bias, followed by batch normalisation."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
    )


def conv_norm_pairs(network: nn.Module) -> Iterator[tuple[str, nn.Conv2d, nn.BatchNorm2d]]:
    """Yield the layers that `conv_norm` made: the name of the pair, its convolution and its batch normalisation."""
    for name, module in network.named_modules():
        if isinstance(module, nn.Sequential) and len(module) == 2:
            conv, norm = module
            if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                yield name, conv, norm


def to_channels_last(network: nn.Module) -> nn.Module:
    """Return the network, changed in place, with the weights of its convolutions stored in channels-last order."""
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # not in torch's overloads


def classifier(channels: int, num_classes: int, pooling: str, rank: int | None = None) -> nn.Sequential:
    """Return pooling, flattening and a linear layer: (N, C, H, W) -> (N, K) logits.

    With a rank there are two linear layers with `rank` values between them. The pooling is a module of its own so that
    the exporter can replace it by one with a fixed kernel.
    """
    row = POOLINGS[pooling]
    inputs = channels * row.output**2
    return nn.Sequential(
        ADAPTIVE_POOLS[row.kind](row.output),  # (N, C, output, output)
        nn.Flatten(),  # (N, C·output²)
        *([nn.Linear(inputs, rank)] if rank else []),  # (N, rank)
        nn.Linear(rank or inputs, num_classes),  # (N, K)
    )
