"""Adjust the weights and biases of a float graph before it is quantized.

Equalisation: `training.compress.int8`. Bias correction (Nagel et al. 2019, arXiv:1906.04721, 4.2): the rounding
errors of a layer's weights do not cancel where its inputs are never negative, so its mean output drifts in the same
direction on every image. The drift is the error of the weights times the mean input, and is subtracted from the bias.
Figures: docs/measurements.md#static-int8.
"""

from collections import Counter

import numpy as np
import onnx
from onnx import helper, numpy_helper

from export.int8.ranges import round_up
from export.storage import WEIGHTED_OPERATORS
from kakitori.engine import in_batches, open_session
from kakitori.spec import INPUT_NAME
from training.compress.int8 import INT8_MOST, PASSES, equalise_pair, rounded_weight
from training.progress.display import track

MEAN_STEPS = 64  # means are rounded to this fraction of a tensor's largest


def equalise(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a float graph with the same outputs, bit by bit, whose convolution weights have more equal ranges.

    Channels are multiplied by powers of two, so no product is rounded.
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
    """Return the (Conv, Conv) pairs of Conv -> Relu -> Conv whose tensors and weights no other node reads."""
    uses = Counter(name for node in graph.node for name in node.input)
    makers = {node.output[0]: node for node in graph.node}
    pairs = []
    for second in graph.node:
        relu = makers.get(second.input[0])
        first = makers.get(relu.input[0]) if relu is not None and relu.op_type == "Relu" else None
        if relu is None or first is None or (first.op_type, second.op_type) != ("Conv", "Conv"):
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


def correct_biases(model: onnx.ModelProto, images: np.ndarray) -> onnx.ModelProto:
    """Return the float graph with each bias corrected for the rounding of its layer's weights to int8.

    Args:
        model: float graph with a dynamic batch; every Conv and Gemm has a bias.
        images: calibration images, (N, 1, H, W) float32 in [-1, 1].
    """
    corrected = onnx.ModelProto()
    corrected.CopyFrom(model)
    stored = {tensor.name: tensor for tensor in corrected.graph.initializer}
    layers = [node for node in model.graph.node if node.op_type in WEIGHTED_OPERATORS]
    means = mean_inputs(model, list(dict.fromkeys(layer.input[0] for layer in layers)), images)
    for layer in layers:
        weight, bias = (stored[name] for name in layer.input[1:])
        drift = mean_drift(layer, numpy_helper.to_array(weight), means[layer.input[0]])
        bias.CopyFrom(numpy_helper.from_array((numpy_helper.to_array(bias) - drift).astype(np.float32), bias.name))
    return corrected


def mean_inputs(model: onnx.ModelProto, names: list[str], images: np.ndarray) -> dict[str, np.ndarray]:
    """Return the mean over the images of each named tensor, (C, H, W) or (C,) float64.

    Means are rounded: sums differ in their last bits between processors, and the INT8 file must not.
    """
    tapped = onnx.ModelProto()
    tapped.CopyFrom(model)
    tapped.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names if name != INPUT_NAME)
    session = open_session(tapped.SerializeToString())
    means = {}
    for name in track(names, "Correcting biases", unit="tensors"):

        def values_of(batch: np.ndarray, name: str = name) -> np.ndarray:
            return session.run([name], {INPUT_NAME: batch})[0]

        values = images if name == INPUT_NAME else in_batches(values_of, images)
        mean = values.mean(axis=0, dtype=np.float64)
        step = round_up(float(np.abs(mean).max())) / MEAN_STEPS
        means[name] = np.round(mean / step) * step if step else mean
    return means


def mean_drift(layer: onnx.NodeProto, weight: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Return the change of each output channel's mean by rounding the weight, (O,) float64.

    Args:
        layer: Gemm, or Conv of any stride, padding and groups.
        weight: (O, C) or (O, C / groups, k, k) float32.
        mean: input, (C,) or (C, H, W).
    """
    error = rounded_weight(weight) * (np.abs(weight).max().astype(np.float64) / INT8_MOST) - weight
    if layer.op_type == "Gemm":
        return error @ mean.reshape(-1)
    facts = {attribute.name: helper.get_attribute_value(attribute) for attribute in layer.attribute}
    seen = mean_by_tap(mean, facts["kernel_shape"], facts["strides"], facts["pads"])  # (C, k, k)
    groups = facts.get("group", 1)
    by_group = seen.reshape(groups, -1, *seen.shape[1:])
    return np.einsum("gocij,gcij->go", error.reshape(groups, -1, *error.shape[1:]), by_group).reshape(-1)


def mean_by_tap(mean: np.ndarray, kernel: list[int], strides: list[int], pads: list[int]) -> np.ndarray:
    """Return the mean input of each tap of a kernel over all outputs of a convolution of (C, H, W), (C, k, k)."""
    top, left, bottom, right = pads
    padded = np.pad(mean, ((0, 0), (top, bottom), (left, right)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, kernel, axis=(1, 2))  # (C, H', W', k, k)
    return windows[:, :: strides[0], :: strides[1]].mean(axis=(1, 2))
