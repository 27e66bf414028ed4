"""A short stack of dense 3x3 convolutions, which INT8 kernels run fast; no pooling or 1x1 in its blocks."""

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

from training.models.layers import classifier, conv_norm


class ResidualConvolution(nn.Module):
    """One 3x3 convolution and an identity shortcut (He et al. 2015)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = conv_norm(channels, channels, 3)
        self.activation = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.activation(self.body(x) + x)  # (N, C, H, W)


class CompactNet(nn.Module):
    """(N, 1, H, W) -> (N, K) logits; H and W multiples of 16.

    Every stage halves the side with one convolution and keeps it with another, the last stage with two. As INT8 it is
    faster than `resnet`, which pools and projects in its shortcuts: docs/measurements.md#compact-network.
    """

    def __init__(
        self, num_classes: int, widths: Sequence[int], pooling: str = "adaptive_avg", rank: int | None = None
    ) -> None:
        super().__init__()
        self.stem = nn.Sequential(conv_norm(1, widths[0], 5, stride=2), nn.ReLU(inplace=True))
        stages = [
            nn.Sequential(conv_norm(inputs, outputs, 3, stride=2), nn.ReLU(inplace=True), ResidualConvolution(outputs))
            for inputs, outputs in pairwise(widths)
        ]
        self.stages = nn.Sequential(*stages, ResidualConvolution(widths[-1]))
        self.classifier = classifier(widths[-1], num_classes, pooling, rank)

    def forward(self, image: Tensor) -> Tensor:
        x = self.stem(image)  # (N, widths[0], H/2, W/2)
        x = self.stages(x)  # (N, widths[-1], H/16, W/16) for four widths
        return self.classifier(x)  # (N, K)
