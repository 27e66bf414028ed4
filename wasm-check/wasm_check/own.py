"""A user's own ONNX classifier and inputs, checked before they are run: `invoke compat --onnx F --inputs F.npz`."""

import zipfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

from export.errors import ExportError
from export.graph_facts import Tensor, check_file, graph_facts
from kakitori.engine import ENGINE, LOAD_ERRORS
from kakitori.files import sha256_of
from wasm_check.errors import CompatError
from wasm_check.plan import Plan
from wasm_check.subjects import Subject, Suite

QUANTIZING = ("QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "ConvInteger", "MatMulInteger",
              "QLinearConv", "QLinearMatMul", "QGemm", "MatMulNBits")  # fmt: skip


def plan_file(path: Path, inputs_path: Path) -> Plan:
    """Return the plan for one ONNX file with one float input and one float output of shape (N, K).

    Args:
        inputs_path: an npz file: `inputs`, (N, …) float32, and `logits`, (N, K) float32, the answers expected; without
            them ONNX Runtime's, with graph optimisations off, are expected.

    Raises:
        CompatError: for a file, input or output that cannot be used, saying what was found and expected.
    """
    model = _read_model(path)
    facts = graph_facts(model)
    given = {tensor.name for tensor in model.graph.initializer}
    inputs = [tensor for tensor in facts.inputs if tensor.name not in given]
    if len(inputs) != 1 or len(facts.outputs) != 1:
        raise CompatError(f"{path} has {len(inputs)} inputs and {len(facts.outputs)} outputs, expected one of each: "
                          "export the classifier alone.")
    arrays = _read_arrays(inputs_path)
    _check_inputs(arrays["inputs"], inputs[0], inputs_path, path)
    expected, source = arrays.get("logits"), str(inputs_path)
    if expected is None:
        expected, source = _native_answers(path, inputs[0].name, arrays["inputs"]), f"{ENGINE}, not optimised"
    if expected.ndim != 2 or len(expected) != len(arrays["inputs"]):
        raise CompatError(f"The logits for {path} have shape {expected.shape}, expected ({len(arrays['inputs'])}, "
                          "classes): the matrix is for classifiers.")
    about = {"backend": "", "pooling": "", "precision": _precision(model), "opset": facts.opset,
             "bytes": path.stat().st_size, "sha256": sha256_of(path), "model": path.stem}  # fmt: skip
    subject = Subject(path.stem, path, inputs[0].name, facts.outputs[0].name, about["precision"], path.stem, about)
    return Plan([subject], [Suite(path.stem, arrays["inputs"], expected, len(expected), source)])


def _read_model(path: Path) -> onnx.ModelProto:
    if not path.is_file():
        raise CompatError(f"There is no ONNX file {str(path)!r}.")
    try:
        return check_file(path)
    except ExportError as problem:
        raise CompatError(f"{path}: {problem}") from problem


def _read_arrays(path: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(path) as file:
            arrays = dict(file)
    except (OSError, ValueError, zipfile.BadZipFile, TypeError) as problem:
        raise CompatError(f"{path} is not an npz file ({problem}): write one with numpy.savez.") from problem
    if "inputs" not in arrays:
        raise CompatError(f"{path} holds {', '.join(arrays) or 'nothing'}, expected `inputs`, (N, …) float32.")
    return arrays


def _check_inputs(array: np.ndarray, tensor: Tensor, inputs_path: Path, path: Path) -> None:
    """Raise CompatError unless every input, alone, is what the file takes."""
    if (array.dtype, tensor.dtype) != (np.float32, "FLOAT"):
        raise CompatError(f"{inputs_path} has inputs of type {array.dtype}, and {path} takes {tensor.dtype}: both must "
                          "be float32.")
    wanted = tensor.shape
    fits = array.ndim == len(wanted) and len(array) > 0 and wanted[0] in (1, *(w for w in wanted if isinstance(w, str)))
    if not fits or any(isinstance(w, int) and w != a for w, a in zip(wanted[1:], array.shape[1:], strict=True)):
        raise CompatError(f"{inputs_path} has inputs of shape {array.shape}, and {path} takes {wanted}, one at a time.")


def _native_answers(path: Path, input_name: str, inputs: np.ndarray) -> np.ndarray:
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        return np.concatenate([session.run(None, {input_name: image[None]})[0] for image in inputs])
    except LOAD_ERRORS as problem:
        reason = str(problem).splitlines()[0]
        raise CompatError(f"{path} does not run in {ENGINE} ({reason}), so its answers are not known: give them as "
                          "`logits` in the npz file.") from problem


def _precision(model: onnx.ModelProto) -> str:
    """Return the precision whose limits a file is held to."""
    if any(node.op_type in QUANTIZING for node in model.graph.node):
        return "int8"
    halves = any(tensor.data_type == onnx.TensorProto.FLOAT16 for tensor in model.graph.initializer)
    return "fp16" if halves else "fp32"
