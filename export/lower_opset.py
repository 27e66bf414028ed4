"""Rewrite a graph of opset 18, as torch.export writes it, at an older opset.

No existing converter does this: torch 2.13 calls ONNX's, which fails with "No Adapter From Version $14 for Relu", and
keeps 18; onnxscript 0.7.2 converts between 18 and 25 only. A plain classifier needs two changes.
"""

import numpy as np
import onnx
from onnx import helper, numpy_helper

from export.errors import ExportError

# The same at opsets 11, 12 and 18 for float32: https://onnx.ai/onnx/operators/
UNCHANGED = frozenset({"Add", "AveragePool", "Conv", "Flatten", "Gemm", "MaxPool", "Mul", "Relu", "Sigmoid"})
GLOBAL_POOLS = {"ReduceMean": "GlobalAveragePool", "ReduceMax": "GlobalMaxPool"}
OLDEST = 11  # the lowest opset of a backend


def lower_opset(model: onnx.ModelProto, opset: int) -> onnx.ModelProto:
    """Return the graph at `opset`.

    Args:
        model: what the dynamo exporter of torch 2.13 writes for a convolutional classifier, at opset 18.
        opset: OLDEST to 18.

    Raises:
        ExportError: for an operator without a rule.
    """
    if opset < OLDEST:
        raise ExportError(f"Opset {opset} is too old: {OLDEST} is the first that can be written.")
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    nodes = [_lower(node, constants) for node in model.graph.node]
    used = {name for node in nodes for name in node.input}
    tensors = [tensor for tensor in model.graph.initializer if tensor.name in used]
    graph = helper.make_graph(nodes, model.graph.name, model.graph.input, model.graph.output, tensors)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=model.ir_version)


def _lower(node: onnx.NodeProto, constants: dict[str, np.ndarray]) -> onnx.NodeProto:
    """Return the node rewritten for the older opset; `constants` are the graph's initializers."""
    attributes = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
    argument = constants.get(node.input[1]) if len(node.input) == 2 else None
    if node.op_type in UNCHANGED:
        return node
    if node.op_type in GLOBAL_POOLS and _is_over_images(argument) and attributes.get("keepdims", 1):
        return helper.make_node(GLOBAL_POOLS[node.op_type], node.input[:1], node.output, name=node.name)
    if node.op_type == "Reshape" and argument is not None and len(argument) == 2 and argument[0] == -1:
        return helper.make_node("Flatten", node.input[:1], node.output, name=node.name, axis=1)
    inputs = ", ".join(str(constants[name].tolist()) if name in constants else name for name in node.input)
    raise ExportError(f"torch.export wrote {node.op_type}({inputs}), which has no rule in export/lower_opset.py.")


def _is_over_images(axes: np.ndarray | None) -> bool:
    """Return whether these are the last two axes of (N, C, H, W)."""
    return axes is not None and sorted(int(axis) % 4 for axis in axes) == [2, 3]
