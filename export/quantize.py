"""Float graph to INT8 graph: weights int8, activations uint8, one scale a tensor, in the QDQ format."""

import numpy as np
import onnx
from onnxruntime.quantization import CalibrationMethod, QuantType
from onnxruntime.quantization.calibrate import TensorData, TensorsData
from onnxruntime.quantization.qdq_quantizer import QDQQuantizer

from export.calibration import Ranges, activation_ranges
from export.equalise import equalise
from export.errors import QuantizationError

WEIGHTED_OPERATORS = ("Conv", "Gemm")
# Relu so that it melts into its convolution's uint8 range; pooling and flattening so that the classifier's input stays
# 8 bits wide without being measured again. Not Add, Mul and Sigmoid: they gain no time and lose accuracy.
QUANTIZED_OPERATORS = (*WEIGHTED_OPERATORS, "Relu", "AveragePool", "MaxPool", "Flatten")


def quantize_static(model: onnx.ModelProto, images: np.ndarray) -> onnx.ModelProto:
    """Return the INT8 graph at the same opset.

    Args:
        model: simplified float graph with a dynamic batch.
        images: calibration images, (N, 1, H, W) float32 in [-1, 1].

    Raises:
        QuantizationError: if a convolution or linear layer was left in float.
    """
    even = equalise(model)
    quantized = insert_qdq(even, activation_ranges(even, images))
    check_quantized(quantized)
    return quantized


def insert_qdq(model: onnx.ModelProto, ranges: Ranges) -> onnx.ModelProto:
    """Return the graph with QuantizeLinear/DequantizeLinear pairs around what QUANTIZED_OPERATORS names.

    ONNX Runtime's own `quantize_static` measures ranges with as many threads as the machine has, through temporary
    files; its quantizer is used here with ranges that are the same on every machine.
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
        # Nothing follows the logits, so their 8 bits would be lost accuracy for no speed.
        extra_options={"OpTypesToExcludeOutputQuantization": ["Gemm"]},
    )
    quantizer.quantize_model()
    quantizer.model.topological_sort()
    quantized = quantizer.model.model
    make_scales_scalar(quantized.graph)
    return quantized


def make_scales_scalar(graph: onnx.GraphProto) -> None:
    """Give the scales and zero points of biases, in place, the shape () that opset 10's DequantizeLinear asks for.

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
            raise QuantizationError(
                f"{node.op_type} {node.name!r} still computes in float, expected int8 weights and uint8 data: "
                "install the onnxruntime pinned in pyproject.toml."
            )
