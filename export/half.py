"""Float32 graph to a graph that computes in float16, by onnxconverter-common; input and output stay float32."""

import warnings

import onnx
from onnxconverter_common.float16 import convert_float_to_float16

# The smallest and largest positive values of float16. The converter replaces values outside them by them.
SMALLEST, LARGEST = 2.0**-24, 65504.0


def to_float16(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return the graph with float16 weights and activations, between a Cast of the input and a Cast of the logits.

    Weights are rounded to 11 significant bits by NumPy, so the bytes are the same on every machine. Accuracy is
    checked after export, which also finds weights that float16 cannot hold.

    Args:
        model: simplified float32 graph; it stays as it is.
    """
    half = onnx.ModelProto()
    half.CopyFrom(model)
    with warnings.catch_warnings():
        # Weights nearer to zero than SMALLEST are rounded, with a warning for each tensor.
        warnings.filterwarnings("ignore", "the float32 number .* will be truncated", UserWarning)
        # No operator is blocked (the default list holds Resize, Min, Max and others): every operator of a classifier
        # here has a float16 form in ONNX Runtime, onnxruntime-web and WebGPU.
        return convert_float_to_float16(
            half, min_positive_val=SMALLEST, max_finite_val=LARGEST, keep_io_types=True, op_block_list=[]
        )
