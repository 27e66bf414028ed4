"""Float graph to static INT8 graph: int8 weights, uint8 activations with headroom, one scale a tensor, the QDQ format.

Full ranges overflow in ONNX Runtime on x86 without VNNI (`export.int8.ranges`): on an AVX2 machine logits were up to
1.61 away from a browser's. Two uint8 weights avoid that, and so does leaving room above the activations; nothing is
clipped then, either. Measured in November 2026 with onnxruntime 1.31.1 on the `compact` network of 954,660
parameters, 2,500 images of generated ink: root mean square of what logits are off, with and without what all of an
image's logits share, and how often the answer is that of float32. Below, the same of ways that were not taken.

    room above the activations                    rms     centred   same answer
    as the weights need, biases corrected        0.199     0.127       99.36 %   <- this one
    as the weights need                          0.242     0.140       99.32 %
    one bit, biases corrected                    0.273     0.174       99.28 %
    one bit                                      0.322     0.187       98.92 %
    none (overflows)                             0.247     0.135       99.24 %
    none, biases corrected (overflows)           0.185     0.114       99.52 %

One image's time with VNNI, `resnet` of 1,988,028 parameters: uint8 weights 0.36 ms, int8 weights 0.21 ms.

Other choices, measured the same month on an AVX2 machine after 425,000 images at 32x32 (PyTorch 92.28 %): largest
difference and points lost in exact arithmetic; 20th percentile of one image's time (float32: 0.368).

    int8 weights; Conv, Gemm only                  0.66   0.05   0.236 ms
    and Relu                                       0.62   0.08   0.221 ms
    and pooling                                    0.57   0.05   0.217 ms
    and Add                                        0.61  -0.03   0.215 ms
    ranges of 95 % of the images                   0.49   0.15   0.221 ms
    100 calibration images, not 500                0.62  -0.03   0.218 ms
    1,000 calibration images                       0.61   0.03   0.218 ms
    per channel, opset 13                          0.40   0.18   0.232 ms
    logits quantized too                           0.64   0.02   0.222 ms

Equalising is for depthwise convolutions: a separable network of 100 classes lost 3.9 points with 7-bit weights, and 0.7
after it. In wasm int8 weights are faster than uint8, too (`compact`: 1.09 against 1.32 ms in Chromium).

Dynamic (activation ranges measured on every run), the shipped network, 9,108 images, onnxruntime 1.31.1, AVX-512 with
VNNI; largest logit difference, top-1 points lost, time in ONNX Runtime and in tract (float32: 0.42 and 0.77 ms):

    int8 weights                               0.57   0.00    2.5 ms    2.3 ms
    uint8 weights                              0.95   0.00    0.52 ms   2.7 ms
    uint8 weights, per channel                 0.86  -0.04    0.53 ms   2.7 ms
    uint8 weights, equalised                   0.79  -0.04    0.52 ms   2.6 ms   <- this one
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
from export.int8.bias_correction import correct_biases
from export.int8.equalise import equalise
from export.int8.ranges import Ranges, activation_ranges, with_headroom
from export.storage import WEIGHTED_OPERATORS

# Relu so that it melts into its convolution's range; pooling, flattening and Add so that what lies between two layers
# stays 8 bits wide. Not Mul and Sigmoid: they gain no time and lose accuracy.
QUANTIZED_OPERATORS = (*WEIGHTED_OPERATORS, "Relu", "Add", "AveragePool", "MaxPool", "Flatten")


def quantize_static(model: onnx.ModelProto, images: np.ndarray, aware: bool = False) -> onnx.ModelProto:
    """Return the INT8 graph at the same opset.

    Args:
        model: simplified float graph with a dynamic batch.
        images: calibration images, (N, 1, H, W) float32 in [-1, 1].
        aware: whether the weights were trained for this rounding (`training.compress.qat`): they are taken
            as they are then.

    Raises:
        QuantizationError: if a convolution or linear layer was left in float.
    """
    even = model if aware else equalise(model)
    biased = even if aware else correct_biases(even, images)
    quantized = insert_qdq(biased, with_headroom(activation_ranges(even, images), even))
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


def quantize_dynamic(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return the graph with uint8 weights, and activations quantized as it runs; at the same opset, 11 at least.

    The range is that of a whole batch, so an image's logits depend on its neighbours.

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
        weight_qType=QuantType.QUInt8,  # int8 takes a slow path, see above
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
            raise QuantizationError(_left_in_float(node, "int8 weights and data"))


def _left_in_float(node: onnx.NodeProto, expected: str) -> str:
    return (
        f"{node.op_type} {node.name!r} still computes in float, expected {expected}: "
        "install the onnxruntime pinned in pyproject.toml."
    )
