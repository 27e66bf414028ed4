"""Ranges of activations under which no processor overflows.

Without VNNI, ONNX Runtime on x86 adds the products of two uint8 activations and two int8 weights in 16 bits. How large
the activations may be follows from the weights that are added: the largest sum of two neighbours of one sign.
"""

import numpy as np
import onnx
from onnx import numpy_helper

from export.calibration import Ranges
from export.storage import WEIGHTED_OPERATORS

# The rounding of earlier layers takes activations a little beyond what was measured in float.
LARGEST_SUM = 0.95 * 2**15
UINT8_MOST, INT8_MOST = 255, 127
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
            most = min(UINT8_MOST, LARGEST_SUM / largest_pair(rounded_weight(weights[layer.input[1]])))
            wider[name] = max(wider.get(name, 1.0), UINT8_MOST / most)
    with_zero = {name: (min(low, 0.0), max(high, 0.0)) for name, (low, high) in ranges.items()}
    return {name: (low, low + wider.get(name, 1.0) * (high - low)) for name, (low, high) in with_zero.items()}


def rounded_weight(weight: np.ndarray) -> np.ndarray:
    """Return a weight tensor as the whole numbers (int64) that it is stored as, at most INT8_MOST in size."""
    return np.round(weight / (np.abs(weight).max() or 1) * INT8_MOST).astype(np.int64)


def largest_pair(weight: np.ndarray) -> int:
    """Return the largest size of the sum of two neighbours of one sign, in whichever order a kernel reads a channel.

    Args:
        weight: (O, C) or (O, C, k, k) whole numbers.
    """
    orders = [weight] if weight.ndim == 2 else [weight, weight.transpose(0, 2, 3, 1), weight.transpose(0, 1, 3, 2)]
    rows = [order.reshape(len(order), -1) for order in orders]
    pairs = [np.abs(row[:, :-1] + row[:, 1:])[row[:, :-1] * row[:, 1:] >= 0] for row in rows]
    return int(max([np.abs(weight).max(), 1, *(pair.max() for pair in pairs if pair.size)]))
