"""Even out the channels between two convolutions, so that one scale for a whole weight tensor loses less.

Cross-layer equalisation (Nagel et al. 2019, "Data-free quantization through weight equalization and bias correction"):
in Conv -> Relu -> Conv, dividing a channel of the first and multiplying it in the second by the same s > 0 changes
nothing, because Relu(x / s) = Relu(x) / s. Depthwise convolutions need it: their channels differ up to a hundredfold.
"""

from collections import Counter

import numpy as np
import onnx
from onnx import numpy_helper

PASSES = 8  # channels along a chain of pairs settle in fewer
LARGEST_EXPONENT = 6  # a channel is scaled by at most 64; a dead one would want infinity

Arrays = dict[str, np.ndarray]


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
            _equalise_pair(weights, first, second)
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


def _equalise_pair(weights: Arrays, first: onnx.NodeProto, second: onnx.NodeProto) -> None:
    """Scale the channels between two convolutions, in place, so that both have about the same largest weight."""
    before, after = weights[first.input[1]], weights[second.input[1]]
    axis = 1 if _group(second) == 1 else 0  # a depthwise convolution has its channels on the first axis
    largest_before = np.abs(before).max(axis=(1, 2, 3))
    largest_after = np.abs(after).max(axis=tuple({0, 1, 2, 3} - {axis}))
    alive = (largest_before > 0) & (largest_after > 0)
    ratio = np.divide(largest_before, largest_after, out=np.ones_like(largest_before), where=alive)
    exponent = np.clip(np.round(np.log2(ratio) / 2), -LARGEST_EXPONENT, LARGEST_EXPONENT)
    scale = np.exp2(exponent).astype(np.float32)
    before /= scale[:, None, None, None]
    if len(first.input) == 3:
        weights[first.input[2]] /= scale
    after *= scale[None, :, None, None] if axis == 1 else scale[:, None, None, None]
