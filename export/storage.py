"""Weights stored in fewer bits: standard operators make them float32 again, and engines fold those when they load.

The computation stays float32 and as fast; the file gets smaller.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

WEIGHTED_OPERATORS = ("Conv", "Gemm")


@dataclass(frozen=True)
class Stored:
    """A weight in its stored form, and the nodes that end in a float32 tensor of the weight's name and shape."""

    tensors: list[TensorProto]
    nodes: list[onnx.NodeProto]


# From a weight's name and its values, float32, output channels first.
Store = Callable[[str, np.ndarray], Stored]


def store_weights(model: onnx.ModelProto, store: Store) -> onnx.ModelProto:
    """Return the graph with the weights of every convolution and linear layer stored as `store` says.

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
    tensors = [*(tensor for part in stored for tensor in part.tensors), *weights.values()]
    nodes = [*(node for part in stored for node in part.nodes), *small.graph.node]
    return _rebuilt(small, nodes, tensors)


def _rebuilt(model: onnx.ModelProto, nodes: list[onnx.NodeProto], tensors: list[TensorProto]) -> onnx.ModelProto:
    graph = helper.make_graph(nodes, model.graph.name, model.graph.input, model.graph.output, tensors)
    return helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)


def as_float16(name: str, weight: np.ndarray) -> Stored:
    """Return the weight as float16: 11 significant bits."""
    tensor = numpy_helper.from_array(weight.astype(np.float16), f"{name}.float16")
    return Stored([tensor], [_node("Cast", [tensor.name], name, to=TensorProto.FLOAT)])


def _node(operator: str, inputs: list[str], output: str, **attributes) -> onnx.NodeProto:
    return helper.make_node(operator, inputs, [output], name=output, **attributes)
