"""Layers that the architectures share. Shape letters: N batch, C channels, H/W pixels, K classes."""

from torch import nn

from kakitori.spec import POOLINGS

ADAPTIVE_POOLS = {"avg": nn.AdaptiveAvgPool2d, "max": nn.AdaptiveMaxPool2d}


def conv_norm(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Return a padded convolution without bias and its batch normalisation."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
    )


def classifier(channels: int, num_classes: int, pooling: str, rank: int | None = None) -> nn.Sequential:
    """Return pooling, flattening and the linear layer: (N, C, H, W) -> (N, K) logits.

    With a rank the linear layer is two, with so many values between them. The pooling is a module of its own so that
    the exporter can put a fixed kernel in its place.
    """
    row = POOLINGS[pooling]
    inputs = channels * row.output**2
    return nn.Sequential(
        ADAPTIVE_POOLS[row.kind](row.output),  # (N, C, output, output)
        nn.Flatten(),  # (N, C·output²)
        *([nn.Linear(inputs, rank)] if rank else []),  # (N, rank)
        nn.Linear(rank or inputs, num_classes),  # (N, K)
    )
