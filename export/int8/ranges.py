"""The range of every activation, measured on calibration images, with headroom against overflow."""

import math

import numpy as np
import onnx
from onnx import numpy_helper

from export.storage import WEIGHTED_OPERATORS
from kakitori.engine import BATCH_SIZE, open_session
from kakitori.spec import INPUT_NAME
from training.compress.int8 import UINT8_MOST, most_activation
from training.progress.display import track

KEEPING_RANGE = ("AveragePool", "MaxPool", "GlobalAveragePool", "GlobalMaxPool", "Flatten")  # output range is input's
Ranges = dict[str, tuple[float, float]]

# Ranges are rounded outwards to this many binary digits: sums differ in their last bits between processors, and the
# INT8 file must not.
RANGE_BITS = 10


def activation_ranges(model: onnx.ModelProto, images: np.ndarray, quantile: float = 1.0) -> Ranges:
    """Return the lowest and highest value of the input and of every node's output, by tensor name.

    Args:
        model: float graph with a dynamic batch.
        images: (N, 1, H, W) float32.
        quantile: share of the images whose extremes lie inside the range; 1.0 gives the minimum and maximum.
    """
    tapped = onnx.ModelProto()
    tapped.CopyFrom(model)
    names = [name for node in model.graph.node for name in node.output]
    outputs = {value.name for value in model.graph.output}
    tapped.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names if name not in outputs)
    session = open_session(tapped.SerializeToString())
    extremes: dict[str, list[np.ndarray]] = {name: [] for name in [INPUT_NAME, *names]}
    for i in track(range(0, len(images), BATCH_SIZE), "Calibrating", unit="batches"):
        batch = images[i : i + BATCH_SIZE]
        values = dict(zip(names, session.run(names, {INPUT_NAME: batch}), strict=True))
        for name, value in {INPUT_NAME: batch, **values}.items():
            flat = value.reshape(len(batch), -1)
            extremes[name].append(np.stack([flat.min(axis=1), flat.max(axis=1)]))
    return {name: _range(np.concatenate(parts, axis=1), quantile) for name, parts in extremes.items()}


def _range(extremes: np.ndarray, quantile: float) -> tuple[float, float]:
    """Return the range that contains the given share of (2, N) minima and maxima."""
    low = float(np.quantile(extremes[0], 1 - quantile))
    high = float(np.quantile(extremes[1], quantile))
    return -round_up(-low), round_up(high)


def round_up(value: float) -> float:
    """Return the smallest number of RANGE_BITS binary digits that is not below `value`."""
    mantissa, exponent = math.frexp(value)
    return math.ldexp(math.ceil(mantissa * 2**RANGE_BITS), exponent - RANGE_BITS)


def with_headroom(ranges: Ranges, model: onnx.ModelProto) -> Ranges:
    """Return ranges that contain 0, widened so that no two products of a layer overflow 16 bits.

    Args:
        ranges: by tensor name.
        model: the float graph that they were measured on.
    """
    makers = {node.output[0]: node for node in model.graph.node}
    weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    wider: dict[str, float] = {}
    for layer in model.graph.node:
        if layer.op_type in WEIGHTED_OPERATORS:
            name = layer.input[0]
            while name in makers and makers[name].op_type in KEEPING_RANGE:
                name = makers[name].input[0]
            wider[name] = max(wider.get(name, 1.0), UINT8_MOST / most_activation(weights[layer.input[1]]))
    with_zero = {name: (min(low, 0.0), max(high, 0.0)) for name, (low, high) in ranges.items()}
    return {name: (low, low + wider.get(name, 1.0) * (high - low)) for name, (low, high) in with_zero.items()}
