"""A light depthwise-separable network with channel attention on its late stages."""

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

from training.models.layers import classifier, conv_norm

ATTENTION_FROM = 3  # the first stage (counted from the stem, 0) with channel attention
ATTENTION_REDUCTION = 8  # channels divided by the width of the attention's hidden layer


class ChannelAttention(nn.Module):
    """Squeeze-and-excitation (Hu et al. 2017).

    Multiplies by broadcasting, not `expand_as`, so that every exporter writes plain operators, and squeezes with a
    pooling module, which the exporter can replace by a fixed one.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        hidden = channels // ATTENTION_REDUCTION
        self.squeeze = nn.AdaptiveAvgPool2d(1)
        self.excite = nn.Sequential(
            nn.Conv2d(channels, hidden, 1), nn.ReLU(inplace=True), nn.Conv2d(hidden, channels, 1), nn.Sigmoid()
        )

    def forward(self, x: Tensor) -> Tensor:
        return x * self.excite(self.squeeze(x))  # (N, C, H, W) * (N, C, 1, 1)


class SeparableBlock(nn.Module):
    """Depthwise 3x3, pointwise 1x1 (Howard et al. 2017), optional attention, and a shortcut where shapes allow."""

    def __init__(self, inputs: int, outputs: int, stride: int, attention: bool) -> None:
        super().__init__()
        self.body = nn.Sequential(
            conv_norm(inputs, inputs, 3, stride, groups=inputs),
            nn.ReLU(inplace=True),
            conv_norm(inputs, outputs, 1),
            ChannelAttention(outputs) if attention else nn.Identity(),
        )
        self.has_shortcut = stride == 1 and inputs == outputs
        self.activation = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        y = self.body(x)  # (N, outputs, H/stride, W/stride)
        return self.activation(x + y if self.has_shortcut else y)


class SeparableCNN(nn.Module):
    """(N, 1, H, W) -> (N, K) logits; every stage has one block that halves the side and one that keeps it."""

    def __init__(
        self, num_classes: int, widths: Sequence[int], pooling: str = "adaptive_avg", rank: int | None = None
    ) -> None:
        super().__init__()
        self.stem = nn.Sequential(conv_norm(1, widths[0], 3, stride=2), nn.ReLU(inplace=True))
        stages = enumerate(pairwise(widths), start=1)
        self.stages = nn.Sequential(
            *(
                nn.Sequential(
                    SeparableBlock(inputs, outputs, 2, stage >= ATTENTION_FROM),
                    SeparableBlock(outputs, outputs, 1, stage >= ATTENTION_FROM),
                )
                for stage, (inputs, outputs) in stages
            )
        )
        self.classifier = classifier(widths[-1], num_classes, pooling, rank)

    def forward(self, image: Tensor) -> Tensor:
        x = self.stem(image)  # (N, widths[0], H/2, W/2)
        x = self.stages(x)  # (N, widths[-1], H/32, W/32) for five widths
        return self.classifier(x)  # (N, K)
