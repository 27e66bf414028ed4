"""Structured pruning: remove the channels whose removal changes the loss least, by a first-order Taylor expansion.

Molchanov et al. 2017 (arXiv:1611.06440) and 2019 (arXiv:1906.10771): removing a channel with feature map a changes the
loss by about -sum(a · d), where d is the gradient of the loss with respect to a. The mean square of that over batches
ranks the channels of the whole network. After batch normalisation the sum equals weight · d(weight) + bias · d(bias),
so feature maps need not be stored. Torch-Pruning (Fang et al. 2023, arXiv:2301.12900) finds the channels that can only
be removed together, because shortcuts, depthwise convolutions or attention connect them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import torch
import torch_pruning
from torch import Tensor, nn

from kakitori.spec import ModelSpec
from training.models.layers import conv_norm_pairs
from training.models.registry import build_network, get_architecture

BLOCK = 4  # channels are removed in blocks, because INT8 kernels multiply four values at once
PROBE_WIDTH = 64  # in a network of widths 64, 128, ... the channels of a layer identify its stage


@dataclass(frozen=True)
class ChannelGroup:
    """Channels that can only be removed together."""

    name: str  # of the root
    root: nn.Conv2d
    makers: tuple[nn.Module, ...]  # layers that output them: batch normalisations, or convolutions without one


def prune_network(
    spec: ModelSpec, network: nn.Module, share: float, batches: Iterable[tuple[Tensor, Tensor]]
) -> tuple[ModelSpec, nn.Module]:
    """Return the spec and the network without a share of its channels.

    Args:
        spec: of the network.
        network: trained, on the CPU; is changed and must not be used any more.
        share: of all channels that `widths` counts, above 0 and below 1.
        batches: network inputs (N, 1, H, W) and labels (N,) that importance is measured on.
    """
    graph = torch_pruning.DependencyGraph().build_dependency(network, torch.zeros(1, 1, spec.size, spec.size))
    groups = find_groups(graph, network)
    scores = score_channels(network, groups, batches)
    narrow_spec = replace(spec, widths=choose_widths(spec, groups, scores, share))
    narrow = build_network(narrow_spec)
    for group, score in zip(groups, scores, strict=True):
        surplus = len(score) - count_channels(narrow, group)
        least = score.argsort()[:surplus].tolist()
        if least:
            graph.get_pruning_group(group.root, torch_pruning.prune_conv_out_channels, least).prune()
    narrow.load_state_dict(network.state_dict())
    return narrow_spec, narrow


def find_groups(graph: torch_pruning.DependencyGraph, network: nn.Module) -> list[ChannelGroup]:
    """Return the groups of output channels of all convolutions."""
    names = {module: name for name, module in network.named_modules()}
    norms = {conv: norm for _, conv, norm in conv_norm_pairs(network)}
    groups = []
    for members in graph.get_all_groups(root_module_types=[nn.Conv2d]):
        layers = [dep.layer for dep, _ in members if dep.pruning_fn == torch_pruning.prune_conv_out_channels]
        after = tuple(norms[layer] for layer in layers if layer in norms)
        groups.append(ChannelGroup(names[layers[0]], layers[0], after or tuple(layers)))
    return groups


def score_channels(
    network: nn.Module, groups: list[ChannelGroup], batches: Iterable[tuple[Tensor, Tensor]]
) -> list[Tensor]:
    """Return the importance of each channel (C,) of each group: the sum over batches of the squared loss change."""
    scores = [torch.zeros(group.root.out_channels) for group in groups]
    network.eval()
    for x, labels in batches:
        network.zero_grad()
        nn.functional.cross_entropy(network(x), labels).backward()
        for score, group in zip(scores, groups, strict=True):
            score += sum((loss_change(maker) for maker in group.makers), torch.zeros(())).square()
    return scores


def loss_change(layer: nn.Module) -> Tensor:
    """Return the first-order decrease of the loss (C,) without each of a layer's output channels."""
    graded = [(p.detach(), p.grad) for p in layer.parameters() if p.grad is not None]
    return sum(((p * grad).reshape(len(p), -1).sum(1) for p, grad in graded), torch.zeros(()))


def count_channels(network: nn.Module, group: ChannelGroup) -> int:
    """Return the number of output channels of a group's root in a network of the same architecture."""
    return len(network.get_parameter(f"{group.name}.weight"))


def choose_widths(spec: ModelSpec, groups: list[ChannelGroup], scores: list[Tensor], share: float) -> tuple[int, ...]:
    """Return the widths after removing the least important blocks of BLOCK channels of the whole network.

    A stage with several groups of channels keeps the same number in each, by their mean scores.
    """
    keeps = -(-max(BLOCK, get_architecture(spec.arch).least_width) // BLOCK)
    blocks = [
        (float(block.sum()), stage, len(block))
        for stage, ranked in enumerate(rank_channels(spec, groups, scores))
        for block in ranked.split(BLOCK)[keeps:]
    ]
    widths = list(spec.widths)
    least_left = (1 - share) * sum(widths)
    for _, stage, channels in sorted(blocks):
        if sum(widths) - channels < least_left:
            break
        widths[stage] -= channels
    return tuple(widths)


def rank_channels(spec: ModelSpec, groups: list[ChannelGroup], scores: list[Tensor]) -> list[Tensor]:
    """Return each stage's channel scores in descending order, as means over the stage's groups."""
    probe = tuple(PROBE_WIDTH * (stage + 1) for stage in range(len(spec.widths)))
    probed = build_network(replace(spec, widths=probe))
    ranked: dict[int, list[Tensor]] = {}
    for group, score in zip(groups, scores, strict=True):
        ranked.setdefault(count_channels(probed, group), []).append(score.sort(descending=True).values)
    return [torch.stack(ranked[width]).mean(0) for width in probe]
