"""Ranges of activations under which no processor overflows: see `training.int8`."""

import onnx
from onnx import numpy_helper

from export.calibration import Ranges
from export.storage import WEIGHTED_OPERATORS
from training.int8 import UINT8_MOST, most_activation

KEEPING_RANGE = ("AveragePool", "MaxPool", "GlobalAveragePool", "GlobalMaxPool", "Flatten")  # take their input's range


def with_headroom(ranges: Ranges, model: onnx.ModelProto) -> Ranges:
    """Return ranges, with 0 in them, of which each layer's input uses as much as its weights allow.

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
