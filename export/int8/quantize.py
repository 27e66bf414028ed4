"""Float graph to INT8 graph, static or dynamic.

Static: int8 weights, uint8 activations with headroom, one scale a tensor, the QDQ format. Full activation ranges
overflow 16 bits in ONNX Runtime on x86 without VNNI (`export.int8.ranges`). Dynamic: uint8 weights, and activation
ranges measured on every run. Alternatives: docs/measurements.md#static-int8, docs/measurements.md#dynamic-int8.
"""

import numpy as np
import onnx
from onnx import helper, numpy_helper
from onnxruntime.quantization import CalibrationMethod, QuantType
from onnxruntime.quantization.calibrate import TensorData, TensorsData
from onnxruntime.quantization.onnx_quantizer import ONNXQuantizer
from onnxruntime.quantization.qdq_quantizer import QDQQuantizer
from onnxruntime.quantization.quant_utils import QuantizationMode

from export.errors import QuantizationError
from export.int8.adjust import correct_biases, equalise
from export.int8.ranges import Ranges, activation_ranges, with_headroom
from export.storage import WEIGHTED_OPERATORS

# Relu, so that it is fused into its convolution; pooling, flattening and Add, so that activations stay 8 bits wide
# between two layers. Not Mul and Sigmoid: docs/measurements.md#static-int8.
QUANTIZED_OPERATORS = (*WEIGHTED_OPERATORS, "Relu", "Add", "AveragePool", "MaxPool", "Flatten")


def quantize_static(model: onnx.ModelProto, images: np.ndarray, aware: bool = False) -> onnx.ModelProto:
    """Return the INT8 graph at the same opset.

    Args:
        model: simplified float graph with a dynamic batch.
        images: calibration images, (N, 1, H, W) float32 in [-1, 1].
        aware: whether the weights were trained for this rounding (`training.compress.qat`); they are not adjusted
            then.

    Raises:
        QuantizationError: if a convolution or linear layer was left in float.
    """
    even = model if aware else equalise(model)
    biased = even if aware else correct_biases(even, images)
    quantized = insert_qdq(biased, with_headroom(activation_ranges(even, images), even))
    check_quantized(quantized)
    return quantized


def insert_qdq(model: onnx.ModelProto, ranges: Ranges) -> onnx.ModelProto:
    """Return the graph with QuantizeLinear/DequantizeLinear pairs around the QUANTIZED_OPERATORS.

    ONNX Runtime's `quantize_static` measures ranges with all threads of the machine, through temporary files. Its
    quantizer is used here with given ranges, which are the same on every machine.
    """
    quantizer = QDQQuantizer(
        onnx.shape_inference.infer_shapes(model),
        per_channel=False,  # at opset 11 and 12 DequantizeLinear has no axis: the file would be invalid
        reduce_range=False,
        weight_qType=QuantType.QInt8,
        activation_qType=QuantType.QUInt8,
        tensors_range=_as_tensors_data(ranges),
        nodes_to_quantize=[],
        nodes_to_exclude=[],
        op_types_to_quantize=list(QUANTIZED_OPERATORS),
        # No operator follows the logits: quantizing them would lose accuracy and gain no speed.
        extra_options={"OpTypesToExcludeOutputQuantization": ["Gemm"]},
    )
    quantizer.quantize_model()
    quantizer.model.topological_sort()
    quantized = quantizer.model.model
    make_scales_scalar(quantized.graph)
    return quantized


def quantize_dynamic(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return the graph with uint8 weights and activations quantized on each run; at the same opset, at least 11.

    An activation's range is that of the whole batch, so an image's logits depend on the other images.

    Args:
        model: simplified float graph.

    Raises:
        QuantizationError: if a convolution or linear layer was left in float.
    """
    quantizer = ONNXQuantizer(
        onnx.shape_inference.infer_shapes(split_gemm(equalise(model))),
        per_channel=False,
        reduce_range=False,
        mode=QuantizationMode.IntegerOps,
        static=False,
        weight_qType=QuantType.QUInt8,  # int8 takes a slow path: docs/measurements.md#dynamic-int8
        activation_qType=QuantType.QUInt8,
        tensors_range=None,
        nodes_to_quantize=[],
        nodes_to_exclude=[],
        op_types_to_quantize=["Conv", "MatMul"],
    )
    quantizer.quantize_model()
    quantizer.model.topological_sort()
    quantized = quantizer.model.model
    left = [node for node in quantized.graph.node if node.op_type in ("Conv", "Gemm", "MatMul")]
    if left:
        raise QuantizationError(_left_in_float(left[0], "an integer operator"))
    return quantized


def split_gemm(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return the graph with MatMul and Add for every Gemm (transB, with a bias), which has no integer form."""
    split = onnx.ModelProto()
    split.CopyFrom(model)
    weights = {tensor.name: tensor for tensor in split.graph.initializer}
    nodes = []
    for node in model.graph.node:
        if node.op_type != "Gemm":
            nodes.append(node)
            continue
        data, weight, bias = node.input
        product = f"{node.output[0]}.product"
        transposed = np.ascontiguousarray(numpy_helper.to_array(weights[weight]).T)
        weights[weight].CopyFrom(numpy_helper.from_array(transposed, weight))
        nodes.append(helper.make_node("MatMul", [data, weight], [product], name=product))
        nodes.append(helper.make_node("Add", [product, bias], node.output, name=node.name))
    del split.graph.node[:]
    split.graph.node.extend(nodes)
    return split


def make_scales_scalar(graph: onnx.GraphProto) -> None:
    """Give the scales and zero points of biases, in place, the shape () that DequantizeLinear of opset 10 requires.

    onnxruntime 1.31.1 writes them as (1,), which a strict engine may refuse.
    """
    quantizing = [node for node in graph.node if node.op_type in ("QuantizeLinear", "DequantizeLinear")]
    names = {name for node in quantizing for name in node.input[1:]}
    for tensor in graph.initializer:
        if tensor.name in names and list(tensor.dims) == [1]:
            del tensor.dims[:]


def _as_tensors_data(ranges: Ranges) -> TensorsData:
    data = {name: TensorData(lowest=np.float32(low), highest=np.float32(high)) for name, (low, high) in ranges.items()}
    return TensorsData(CalibrationMethod.MinMax, data)


def check_quantized(model: onnx.ModelProto) -> None:
    """Raise unless the data and the weights of every convolution and linear layer come from a DequantizeLinear.

    Raises:
        QuantizationError: naming the first layer that does not.
    """
    dequantized = {node.output[0] for node in model.graph.node if node.op_type == "DequantizeLinear"}
    for node in model.graph.node:
        if node.op_type in WEIGHTED_OPERATORS and not dequantized.issuperset(node.input[:2]):
            raise QuantizationError(_left_in_float(node, "int8 weights and data"))


def _left_in_float(node: onnx.NodeProto, expected: str) -> str:
    return (
        f"{node.op_type} {node.name!r} still computes in float, expected {expected}: "
        "install the onnxruntime pinned in pyproject.toml."
    )
