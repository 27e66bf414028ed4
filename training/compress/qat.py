"""Quantization-aware training: a network that computes in float as its static INT8 file will, and learns to.

Rounding stands where `export.int8.quantize` puts it, to the same numbers (`training.compress.int8`): on every weight,
on what convolutions, linear layers and additions read, and on what convolutions and additions give, after a Relu
where one follows; pooling keeps its range. Gradients pass the rounding as if it were not there (the straight-through
estimator; Jacob et al. 2017, arXiv:1712.05877). Batch normalisation is folded into the convolutions before, as in the
file, and stays so. How much of uint8 an activation may use follows from the weights at the start. bfloat16, which
training may compute in, has 8 bits: a little noise more; validation is exact.
"""

import copy
import operator
from collections.abc import Iterator

import torch
from torch import Tensor, fx, nn
from torch.nn.utils import parametrize
from torch.nn.utils.fusion import fuse_conv_bn_eval

from training.compress.equalisation import PASSES, equalise_pair
from training.compress.int8 import INT8_MOST, UINT8_MOST, most_activation

RANGE_RATE = 0.01  # how far a batch moves an activation's range towards its own extremes
WEIGHTED = (nn.Conv2d, nn.Linear)
KEEPING_RANGE = (nn.AvgPool2d, nn.MaxPool2d, nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d, nn.Flatten)


def quantization_aware(network: nn.Module) -> fx.GraphModule:
    """Return a copy of a trained network, on the CPU, that rounds as its INT8 file; `restore_plain` is the way back.

    Its ranges are unknown until it has seen a batch in training mode.
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
def restore_plain(network: nn.Module, aware: fx.GraphModule) -> None:
    """Put the weights of a quantization-aware network, in place, into an ordinary one of the same architecture.

    Its batch normalisation then does nothing but add the bias that was trained.
    """
    for name, module in network.named_modules():
        if isinstance(module, WEIGHTED):
            trained = aware.get_submodule(name)
            module.weight.copy_(trained.parametrizations.weight.original)
            if module.bias is not None:
                module.bias.copy_(trained.bias)
    for name, (_, norm) in normalised(network):
        norm.reset_parameters()
        norm.running_var.fill_(1 - norm.eps)
        norm.bias.copy_(aware.get_submodule(f"{name}.0").bias)


class WeightRounding(nn.Module):
    """Rounds a weight to multiples of a 127th of its largest."""

    def forward(self, weight: Tensor) -> Tensor:
        scale = _positive(weight.detach().abs().max() / INT8_MOST)
        zero_point = torch.zeros_like(scale, dtype=torch.int32)
        return torch.fake_quantize_per_tensor_affine(weight, scale, zero_point, -INT8_MOST, INT8_MOST)


class ActivationRounding(nn.Module):
    """Rounds within a range that follows the batches' extremes in training mode, and stays in evaluation mode.

    `most` is the number that the range's end is rounded to, at most UINT8_MOST.
    """

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
    """Return x, as float32, rounded to the nearest of 256 evenly spaced values, one of which is 0.

    The first is about `low`, and the one of number `most` about `high`; what is beyond the first and last is clipped.
    """
    low, high = low.clamp(max=0), high.clamp(min=0)
    scale = _positive((high - low) / most)
    zero_point = (-low / scale).round().to(torch.int32)
    return torch.fake_quantize_per_tensor_affine(x.float(), scale, zero_point, 0, UINT8_MOST)


def _positive(scale: Tensor) -> Tensor:
    return scale.clamp(min=torch.finfo(torch.float32).tiny)


def fold_norms(network: nn.Module) -> nn.Module:
    """Fold batch normalisation into the convolution before it, in place; return the network (in evaluation mode)."""
    for _, pair in list(normalised(network)):
        pair[0], pair[1] = fuse_conv_bn_eval(pair[0], pair[1]).requires_grad_(), nn.Identity()
    return network


def normalised(network: nn.Module) -> Iterator[tuple[str, nn.Sequential]]:
    """Yield the pairs of convolution and batch normalisation (`training.models.layers.conv_norm`), with their names."""
    for name, module in network.named_modules():
        if isinstance(module, nn.Sequential) and len(module) == 2 and isinstance(module[1], nn.BatchNorm2d):
            yield name, module


def _module(traced: fx.GraphModule, node: fx.Node) -> nn.Module | None:
    return traced.get_submodule(node.target) if node.op == "call_module" else None


def _erase_identities(traced: fx.GraphModule) -> None:
    for node in list(traced.graph.nodes):
        if isinstance(_module(traced, node), nn.Identity):
            node.replace_all_uses_with(node.args[0])
            traced.graph.erase_node(node)


def _equalise(traced: fx.GraphModule) -> None:
    """Even out the convolutions as `export.int8.adjust` will, so that it finds nothing left to do."""
    pairs = list(_equalisable(traced))
    for _ in range(PASSES):
        for first, second in pairs:
            arrays = (tensor.detach().numpy() for tensor in (first.weight, first.bias, second.weight))
            equalise_pair(*arrays, depthwise=second.groups > 1)


def _equalisable(traced: fx.GraphModule) -> Iterator[tuple[nn.Conv2d, nn.Conv2d]]:
    """Yield the convolutions of Conv -> Relu -> Conv whose links nothing else reads."""
    for node in traced.graph.nodes:
        second = _module(traced, node)
        if isinstance(second, nn.Conv2d) and isinstance(_module(traced, relu := node.args[0]), nn.ReLU):
            first = _module(traced, relu.args[0])
            if isinstance(first, nn.Conv2d) and len(relu.users) == len(relu.args[0].users) == 1:
                yield first, second


def _is_rounded(traced: fx.GraphModule, node: fx.Node) -> bool:
    """Tell whether the INT8 file rounds what a node gives."""
    if any(_is_addition(reader) or isinstance(_module(traced, reader), WEIGHTED) for reader in node.users):
        return True
    if isinstance(_module(traced, node), nn.ReLU):
        return _is_melted(traced, node.args[0])
    return _is_melted(traced, node) and not any(isinstance(_module(traced, r), nn.ReLU) for r in node.users)


def _is_melted(traced: fx.GraphModule, node: fx.Node) -> bool:
    """Tell whether a node's result is rounded, and a Relu after it only a part of that rounding."""
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


def _layers_reading(traced: fx.GraphModule, node: fx.Node) -> Iterator[nn.Module]:
    """Yield the convolutions and linear layers that read what a node gives, or its pooling."""
    for reader in node.users:
        module = _module(traced, reader)
        if isinstance(module, WEIGHTED):
            yield module
        elif isinstance(module, KEEPING_RANGE):
            yield from _layers_reading(traced, reader)


def _keeps_range(traced: fx.GraphModule, node: fx.Node) -> bool:
    """Tell whether a node only pools or flattens something rounded: the file gives it the range of what it reads."""
    if not isinstance(_module(traced, node), KEEPING_RANGE):
        return False
    before = node.args[0]
    return before.target is rounded or isinstance(_module(traced, before), ActivationRounding)


def _round_alike(traced: fx.GraphModule, node: fx.Node) -> None:
    before = node.args[0]
    if before.target is rounded:
        rounding = before.args[1:]
    else:
        with traced.graph.inserting_after(before):
            bounds = [traced.graph.get_attr(f"{before.target}.{name}") for name in ("low", "high")]
        rounding = *bounds, _module(traced, before).most
    with traced.graph.inserting_after(node):
        new = traced.graph.call_function(rounded, (node, *rounding))
    _replace(node, new)


def _replace(node: fx.Node, new: fx.Node) -> None:
    """Let `new`, which reads `node`, be read in its place."""
    node.replace_all_uses_with(new, delete_user_cb=lambda reader: reader is not new)
