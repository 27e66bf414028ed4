"""A residual network of few dense 3x3 convolutions, which CPUs train and run fast."""

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

from training.models.layers import classifier, conv_norm


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut; halves the side (He et al. 2015, shortcut "D" of He et al. 2018)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            conv_norm(inputs, outputs, 3, stride=2), nn.ReLU(inplace=True), conv_norm(outputs, outputs, 3)
        )
        self.shortcut = nn.Sequential(nn.AvgPool2d(2), conv_norm(inputs, outputs, 1))
        self.activation = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.activation(self.body(x) + self.shortcut(x))  # (N, outputs, H/2, W/2)


class ResNet(nn.Module):
    """(N, 1, H, W) -> (N, K) logits; H and W multiples of 16."""

    def __init__(
        self, num_classes: int, widths: Sequence[int], pooling: str = "adaptive_avg", rank: int | None = None
    ) -> None:
        super().__init__()
        self.stem = nn.Sequential(conv_norm(1, widths[0], 5, stride=2), nn.ReLU(inplace=True))
        self.blocks = nn.Sequential(*(ResidualBlock(i, o) for i, o in pairwise(widths)))
        self.classifier = classifier(widths[-1], num_classes, pooling, rank)

    def forward(self, image: Tensor) -> Tensor:
        x = self.stem(image)  # (N, widths[0], H/2, W/2)
        x = self.blocks(x)  # (N, widths[-1], H/16, W/16) for four widths
        return self.classifier(x)  # (N, K)
