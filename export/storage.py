"""Store weights in fewer bits. Standard operators make them float32 again, which engines fold when they load a file.

The computation stays float32, at the same speed; the file is smaller.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

WEIGHTED_OPERATORS = ("Conv", "Gemm")
BLOCK = 32  # weights of an output channel that share a 4-bit scale: docs/measurements.md#precisions
UNPACKING = {"int4.sixteenth": 1 / 16, "int4.minus_sixteen": -16, "int4.minus_eight": -8}


@dataclass(frozen=True)
class Stored:
    """The tensors of a stored weight, and the nodes that compute a float32 tensor of its name and shape from them."""

    tensors: list[TensorProto]
    nodes: list[onnx.NodeProto]


# From a weight's name and its values, float32, output channels first.
Store = Callable[[str, np.ndarray], Stored]


def store_weights(model: onnx.ModelProto, store: Store) -> onnx.ModelProto:
    """Return the graph with the weights of every convolution and linear layer stored by `store`.

    Args:
        model: float graph; convolutions (O, I, kH, kW), linear layers (O, I) with transB.
        store: from a weight to its stored form.
    """
    small = onnx.ModelProto()
    small.CopyFrom(model)
    weights = {tensor.name: tensor for tensor in small.graph.initializer}
    layers = [node for node in small.graph.node if node.op_type in WEIGHTED_OPERATORS]
    names = dict.fromkeys(node.input[1] for node in layers)
    stored = [store(name, numpy_helper.to_array(weights.pop(name))) for name in names]
    tensors = {tensor.name: tensor for part in stored for tensor in part.tensors} | weights
    nodes = [*(node for part in stored for node in part.nodes), *small.graph.node]
    return _rebuilt(small, nodes, list(tensors.values()))


def _rebuilt(model: onnx.ModelProto, nodes: list[onnx.NodeProto], tensors: list[TensorProto]) -> onnx.ModelProto:
    graph = helper.make_graph(nodes, model.graph.name, model.graph.input, model.graph.output, tensors)
    return helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)


def as_float16(name: str, weight: np.ndarray) -> Stored:
    """Return the weight as float16: 11 significant bits."""
    tensor, cast = _cast(f"{name}.float16", weight.astype(np.float16), name)
    return Stored([tensor], [cast])


def as_int8(name: str, weight: np.ndarray) -> Stored:
    """Return the weight as int8 times a float32 scale for each output channel."""
    flat = weight.reshape(len(weight), -1)
    scale = np.abs(flat).max(axis=1, keepdims=True) / np.float32(127)
    numbers = _rounded(flat, scale, -127, 127).astype(np.int8)
    per_channel = scale.reshape(-1, *[1] * (weight.ndim - 1))
    tensor, cast = _cast(f"{name}.int8", numbers.reshape(weight.shape), f"{name}.number")
    tensors = [tensor, numpy_helper.from_array(per_channel, f"{name}.scale")]
    return Stored(tensors, [cast, _node("Mul", [f"{name}.number", f"{name}.scale"], name)])


def as_int4(name: str, weight: np.ndarray) -> Stored:
    """Return the weight as blocks of BLOCK 4-bit numbers, -8 to 7, times a float16 scale for each block.

    Two numbers share a byte, the first half of a block in the low bits. A layer whose rows are no multiple of BLOCK is
    stored as int8: first layers and depthwise convolutions, which are small.
    """
    if weight[0].size % BLOCK:
        return as_int8(name, weight)
    packed, scale = pack_int4(weight.reshape(-1, BLOCK))
    tensors = [numpy_helper.from_array(np.array(value, np.float32), key) for key, value in UNPACKING.items()]
    bytes_tensor, cast_bytes = _cast(f"{name}.int4", packed, f"{name}.bytes")
    scale_tensor, cast_scale = _cast(f"{name}.scale", scale, f"{name}.scales")
    shape = numpy_helper.from_array(np.array(weight.shape, np.int64), f"{name}.shape")
    part = {key: f"{name}.{key}" for key in ("shifted", "high", "above", "low", "both", "signed", "blocks")}
    nodes = [
        cast_bytes,
        _node("Mul", [f"{name}.bytes", "int4.sixteenth"], part["shifted"]),
        _node("Floor", [part["shifted"]], part["high"]),
        _node("Mul", [part["high"], "int4.minus_sixteen"], part["above"]),
        _node("Add", [f"{name}.bytes", part["above"]], part["low"]),
        _node("Concat", [part["low"], part["high"]], part["both"], axis=1),
        _node("Add", [part["both"], "int4.minus_eight"], part["signed"]),
        cast_scale,
        _node("Mul", [part["signed"], f"{name}.scales"], part["blocks"]),
        _node("Reshape", [part["blocks"], f"{name}.shape"], name),
    ]
    return Stored([*tensors, bytes_tensor, scale_tensor, shape], nodes)


def pack_int4(blocks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (n, BLOCK) float32 as (n, BLOCK / 2) uint8 and scales (n, 1) float16.

    The value furthest from zero becomes -8, so a scale may be negative, and all 16 numbers are used.
    """
    furthest = np.take_along_axis(blocks, np.abs(blocks).argmax(axis=1, keepdims=True), axis=1)
    scale = (furthest / np.float32(-8)).astype(np.float16)
    numbers = (_rounded(blocks, scale.astype(np.float32), -8, 7) + 8).astype(np.uint8)
    return numbers[:, : BLOCK // 2] | numbers[:, BLOCK // 2 :] << 4, scale


def _rounded(values: np.ndarray, scale: np.ndarray, lowest: int, highest: int) -> np.ndarray:
    """Return values / scale rounded to the numbers from lowest to highest; 0 where the scale is 0."""
    return np.clip(np.round(np.divide(values, scale, out=np.zeros_like(values), where=scale != 0)), lowest, highest)


def _cast(stored_as: str, values: np.ndarray, output: str) -> tuple[TensorProto, onnx.NodeProto]:
    """Return a tensor with these values and the node that casts it to float32."""
    return numpy_helper.from_array(values, stored_as), _node("Cast", [stored_as], output, to=TensorProto.FLOAT)


def _node(operator: str, inputs: list[str], output: str, **attributes: Any) -> onnx.NodeProto:
    return helper.make_node(operator, inputs, [output], name=output, **attributes)
