"""Quantization-aware training (Jacob et al. 2017, arXiv:1712.05877): train a network that rounds as its INT8 file does.

Values are rounded where `export.int8.quantize` inserts QuantizeLinear, to the same numbers (`training.compress.int8`):
every weight, the inputs of convolutions, linear layers and additions, and the outputs of convolutions and additions,
after a Relu that follows; pooling keeps the range of its input. The gradient of the rounding is 1 (straight-through
estimator). Batch normalisation is folded into the convolution before it, as in the file, and stays folded. The share
of uint8 that an activation may use follows from the weights at the start. Training in bfloat16, which has 8 significant
bits, adds a little noise; validation computes in float32.
"""

import copy
import operator
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.nn.utils import parametrize
from torch.nn.utils.fusion import fuse_conv_bn_eval

from training.compress.int8 import INT8_MOST, PASSES, UINT8_MOST, equalise_pair, most_activation
from training.models.layers import conv_norm_pairs

RANGE_RATE = 0.01  # weight of a batch in the moving average of an activation's range
WEIGHTED = (nn.Conv2d, nn.Linear)
KEEPING_RANGE = (nn.AvgPool2d, nn.MaxPool2d, nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d, nn.Flatten)


def quantization_aware(network: nn.Module) -> fx.GraphModule:
    """Return a copy of a trained network, on the CPU, that rounds as its INT8 file does; see also `restore_float`.

    The ranges of its activations are set by the first batch in training mode.
    """
    traced = fx.symbolic_trace(fold_norms(copy.deepcopy(network).eval()))
    _erase_identities(traced)
    _equalise(traced)
    for node in list(traced.graph.nodes):
        if _keeps_range(traced, node):
            _round_alike(traced, node)
        elif _is_rounded(traced, node):
            _round(traced, node)
    traced.recompile()
    for module in list(traced.modules()):
        if isinstance(module, WEIGHTED):
            parametrize.register_parametrization(module, "weight", WeightRounding())
    return traced.train()


@torch.no_grad()
def restore_float(network: nn.Module, aware: nn.Module) -> None:
    """Copy the weights of a quantization-aware network, in place, into a float network of the same architecture.

    Its batch normalisation becomes the identity plus the trained bias.
    """
    trained = aware.state_dict()
    for name, module in network.named_modules():
        if isinstance(module, WEIGHTED):
            module.weight.copy_(trained[f"{name}.parametrizations.weight.original"])
            if module.bias is not None:
                module.bias.copy_(trained[f"{name}.bias"])
    for name, _, norm in conv_norm_pairs(network):
        norm.reset_parameters()
        norm.get_buffer("running_var").fill_(1 - norm.eps)
        norm.bias.copy_(trained[f"{name}.0.bias"])


class WeightRounding(nn.Module):
    """Rounds a weight tensor to multiples of its largest absolute value / 127."""

    def forward(self, weight: Tensor) -> Tensor:
        scale = _positive(weight.detach().abs().max() / INT8_MOST)
        zero_point = torch.zeros_like(scale, dtype=torch.int32)
        return torch.fake_quantize_per_tensor_affine(weight, scale, zero_point, -INT8_MOST, INT8_MOST)


class ActivationRounding(nn.Module):
    """Rounds activations within a range: the moving average of the batches' extremes; constant in evaluation mode.

    `most` is the stored value of the range's upper end, at most UINT8_MOST.
    """

    low: Tensor
    high: Tensor

    def __init__(self, most: float) -> None:
        super().__init__()
        self.most = most
        self.register_buffer("low", torch.tensor(0.0))
        self.register_buffer("high", torch.tensor(0.0))

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            rate = torch.where(self.high > self.low, RANGE_RATE, 1.0)  # the first batch sets the range
            for bound, extreme in zip((self.low, self.high), x.detach().float().aminmax(), strict=True):
                bound.lerp_(extreme, rate)
        return rounded(x, self.low, self.high, self.most)


def rounded(x: Tensor, low: Tensor, high: Tensor, most: float) -> Tensor:
    """Return x, as float32, rounded to the nearest of 256 evenly spaced values and clipped to the first and the last.

    One of the values is 0, value 0 is about `low`, and value `most` is about `high`.
    """
    low, high = low.clamp(max=0), high.clamp(min=0)
    scale = _positive((high - low) / most)
    zero_point = (-low / scale).round().to(torch.int32)
    return torch.fake_quantize_per_tensor_affine(x.float(), scale, zero_point, 0, UINT8_MOST)


def _positive(scale: Tensor) -> Tensor:
    return scale.clamp(min=torch.finfo(torch.float32).tiny)


def fold_norms(network: nn.Module) -> nn.Module:
    """Fold batch normalisation into the convolution before it, in place; return the network, in evaluation mode."""
    for name, conv, norm in list(conv_norm_pairs(network)):
        network.set_submodule(f"{name}.0", fuse_conv_bn_eval(conv, norm).requires_grad_())
        network.set_submodule(f"{name}.1", nn.Identity())
    return network


def _module(traced: fx.GraphModule, node: fx.Node) -> nn.Module | None:
    return traced.get_submodule(str(node.target)) if node.op == "call_module" else None


def _erase_identities(traced: fx.GraphModule) -> None:
    for node in list(traced.graph.nodes):
        if isinstance(_module(traced, node), nn.Identity):
            node.replace_all_uses_with(node.args[0])
            traced.graph.erase_node(node)


def _equalise(traced: fx.GraphModule) -> None:
    """Equalise pairs of convolutions as `export.int8.adjust` does, so that the export changes nothing more."""
    pairs = list(_equalisable(traced))
    for _ in range(PASSES):
        for first, second in pairs:
            before, after = (layer.weight.detach().numpy() for layer in (first, second))
            bias = None if first.bias is None else first.bias.detach().numpy()
            equalise_pair(before, bias, after, depthwise=second.groups > 1)


def _equalisable(traced: fx.GraphModule) -> Iterator[tuple[nn.Conv2d, nn.Conv2d]]:
    """Yield the pairs of convolutions in Conv -> Relu -> Conv whose intermediate values nothing else reads."""
    for node in traced.graph.nodes:
        second = _module(traced, node)
        if isinstance(second, nn.Conv2d) and isinstance(_module(traced, relu := node.args[0]), nn.ReLU):
            first = _module(traced, relu.args[0])
            if isinstance(first, nn.Conv2d) and len(relu.users) == len(relu.args[0].users) == 1:
                yield first, second


def _is_rounded(traced: fx.GraphModule, node: fx.Node) -> bool:
    """Return whether the INT8 file rounds the output of a node."""
    if any(_is_addition(reader) or isinstance(_module(traced, reader), WEIGHTED) for reader in node.users):
        return True
    if isinstance(_module(traced, node), nn.ReLU):
        return _absorbs_relu(traced, node.all_input_nodes[0])
    return _absorbs_relu(traced, node) and not any(isinstance(_module(traced, r), nn.ReLU) for r in node.users)


def _absorbs_relu(traced: fx.GraphModule, node: fx.Node) -> bool:
    """Return whether the output of a node is rounded together with a Relu after it."""
    return _is_addition(node) or isinstance(_module(traced, node), nn.Conv2d)


def _is_addition(node: fx.Node) -> bool:
    return node.target is operator.add


def _round(traced: fx.GraphModule, node: fx.Node) -> None:
    name, layers = f"round_{node.name}", list(_layers_reading(traced, node))
    most = min([UINT8_MOST, *(most_activation(layer.weight.detach().numpy()) for layer in layers)])
    traced.add_submodule(name, ActivationRounding(most))
    with traced.graph.inserting_after(node):
        new = traced.graph.call_module(name, (node,))
    _replace(node, new)


def _layers_reading(traced: fx.GraphModule, node: fx.Node) -> Iterator[nn.Conv2d | nn.Linear]:
    """Yield the convolutions and linear layers that read the output of a node, directly or after pooling."""
    for reader in node.users:
        module = _module(traced, reader)
        if isinstance(module, WEIGHTED):
            yield module
        elif isinstance(module, KEEPING_RANGE):
            yield from _layers_reading(traced, reader)


def _keeps_range(traced: fx.GraphModule, node: fx.Node) -> bool:
    """Return whether a node pools or flattens rounded values; in the file its output has the range of its input."""
    if not isinstance(_module(traced, node), KEEPING_RANGE):
        return False
    before = node.all_input_nodes[0]
    return before.target is rounded or isinstance(_module(traced, before), ActivationRounding)


def _round_alike(traced: fx.GraphModule, node: fx.Node) -> None:
    before = node.all_input_nodes[0]
    rounding = _module(traced, before)
    if isinstance(rounding, ActivationRounding):
        with traced.graph.inserting_after(before):
            bounds = [traced.graph.get_attr(f"{before.target}.{name}") for name in ("low", "high")]
        levels: tuple[Any, ...] = (*bounds, rounding.most)
    else:  # a call of `rounded`
        levels = before.args[1:]
    with traced.graph.inserting_after(node):
        new = traced.graph.call_function(rounded, (node, *levels))
    _replace(node, new)


def _replace(node: fx.Node, new: fx.Node) -> None:
    """Make all readers of `node` read `new`, which reads `node`."""
    node.replace_all_uses_with(new, delete_user_cb=lambda reader: reader is not new)
