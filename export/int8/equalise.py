"""Equalise the convolutions of a float graph: see `training.compress.int8`."""

from collections import Counter

import onnx
from onnx import numpy_helper

from training.compress.int8 import PASSES, equalise_pair


def equalise(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a float graph that computes the same, bit by bit, with evener convolution weights.

    The factors are powers of two, so no product is rounded.
    """
    even = onnx.ModelProto()
    even.CopyFrom(model)
    pairs = find_pairs(even.graph)
    weights = {tensor.name: numpy_helper.to_array(tensor).copy() for tensor in even.graph.initializer}
    for _ in range(PASSES):
        for first, second in pairs:
            before, *bias = (weights[name] for name in first.input[1:])
            equalise_pair(before, bias[0] if bias else None, weights[second.input[1]], depthwise=_group(second) > 1)
    for tensor in even.graph.initializer:
        tensor.CopyFrom(numpy_helper.from_array(weights[tensor.name], tensor.name))
    return even


def find_pairs(graph: onnx.GraphProto) -> list[tuple[onnx.NodeProto, onnx.NodeProto]]:
    """Return the (Conv, Conv) pairs of Conv -> Relu -> Conv whose links and weights nothing else reads."""
    uses = Counter(name for node in graph.node for name in node.input)
    makers = {node.output[0]: node for node in graph.node}
    pairs = []
    for second in graph.node:
        relu = makers.get(second.input[0])
        first = makers.get(relu.input[0]) if relu is not None and relu.op_type == "Relu" else None
        if first is None or (first.op_type, second.op_type) != ("Conv", "Conv"):
            continue
        links = [first.output[0], relu.output[0], *first.input[1:], second.input[1]]
        if _group(second) in (1, _inputs(graph, second)) and all(uses[name] == 1 for name in links):
            pairs.append((first, second))
    return pairs


def _group(conv: onnx.NodeProto) -> int:
    return next((attribute.i for attribute in conv.attribute if attribute.name == "group"), 1)


def _inputs(graph: onnx.GraphProto, conv: onnx.NodeProto) -> int:
    """Return a convolution's number of input channels."""
    weight = next(tensor for tensor in graph.initializer if tensor.name == conv.input[1])
    return weight.dims[1] * _group(conv)
