"""A user's own ONNX classifier and inputs: `invoke compat --onnx F --inputs F.npz`.

The file is only parsed in this process; it is run in workers, with their time limit.
"""

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from google.protobuf.message import DecodeError

from export.graph_facts import opset_of
from kakitori.files import sha256_of
from wasm_check.engines import PLAIN, Column
from wasm_check.errors import CompatError, one_line
from wasm_check.job import FileFacts, Subject, Suite
from wasm_check.plan import Plan
from wasm_check.refusals import known_refusal
from wasm_check.runner import SUBJECT_SECONDS, run_column

QUANTIZING = ("QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "ConvInteger", "MatMulInteger",
              "QLinearConv", "QLinearMatMul", "QGemm", "MatMulNBits")  # fmt: skip
Shape = tuple[int | str | None, ...]  # None: an axis without a name or a size


def plan_file(path: Path, inputs_path: Path, seconds: float = SUBJECT_SECONDS) -> Plan:
    """Return the plan for one ONNX file with one float32 input and one float32 output of shape (N, K).

    Args:
        inputs_path: an npz file: `inputs`, (N, …) float32, and `logits`, (N, K), the expected answers; without them
            the answers of ONNX Runtime with graph optimisations off are expected.
        seconds: the time limit for computing these answers.

    Raises:
        CompatError: for a file, input or output that cannot be used, saying what was found and expected.
    """
    model = _read_model(path)
    given = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in given]
    if len(inputs) != 1 or len(model.graph.output) != 1:
        raise CompatError(
            f"{path} has {len(inputs)} inputs and {len(model.graph.output)} outputs, expected one of "
            "each: export the classifier alone."
        )
    arrays = _read_arrays(inputs_path)
    _check_inputs(arrays["inputs"], inputs[0], inputs_path, path)
    facts = FileFacts(model=path.stem, precision=_precision(model), opset=opset_of(model),
                      bytes=path.stat().st_size, sha256=sha256_of(path))  # fmt: skip
    subject = Subject(path.stem, path, inputs[0].name, model.graph.output[0].name, path.stem, facts)
    expected, source = arrays.get("logits"), str(inputs_path)
    if expected is None:
        expected, source = native_answers(subject, arrays["inputs"], seconds)
    _check_logits(expected, len(arrays["inputs"]), path, source)
    suite = Suite(path.stem, arrays["inputs"], expected.astype(np.float32), len(expected), source)
    return Plan([subject], [suite])


def _read_model(path: Path) -> onnx.ModelProto:
    """Return the parsed model; whether it is valid is for the engines to say."""
    if not path.is_file():
        raise CompatError(f"There is no ONNX file {str(path)!r}.")
    try:
        return onnx.load(path, load_external_data=False)
    except (DecodeError, OSError) as problem:
        raise CompatError(f"{path} is not a valid ONNX model ({one_line(str(problem))}): export it again.") from problem


def _read_arrays(path: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(path) as file:
            arrays = dict(file)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, TypeError) as problem:
        raise CompatError(f"{path} is not an npz file ({problem}): write one with numpy.savez.") from problem
    if "inputs" not in arrays:
        raise CompatError(f"{path} holds {', '.join(arrays) or 'nothing'}, expected `inputs`, (N, …) float32.")
    return arrays


def _check_inputs(array: np.ndarray, value: onnx.ValueInfoProto, inputs_path: Path, path: Path) -> None:
    """Raise CompatError unless each input, alone, has the type and shape that the file states."""
    dtype = onnx.TensorProto.DataType.Name(value.type.tensor_type.elem_type)
    if array.dtype != np.float32 or dtype != "FLOAT":
        raise CompatError(
            f"{inputs_path} has inputs of type {array.dtype}, and {path} takes {dtype}: both must be float32."
        )
    wanted = _shape(value)
    single = (1, *array.shape[1:])
    fits = wanted is None or (len(wanted) == array.ndim and all(
        size == axis for size, axis in zip(single, wanted, strict=True) if isinstance(axis, int) and axis > 0
    ))  # fmt: skip
    if not fits or not array.size or not array.ndim:
        raise CompatError(f"{inputs_path} has inputs of shape {array.shape}, and {path} takes {wanted}, one at a time.")


def _shape(value: onnx.ValueInfoProto) -> Shape | None:
    """Return the shape that a graph states for a tensor; None if it states none."""
    tensor = value.type.tensor_type
    if not tensor.HasField("shape"):
        return None
    return tuple(axis.dim_value if axis.HasField("dim_value") else axis.dim_param or None for axis in tensor.shape.dim)


class AnswerListener:
    """The runner's listener for one subject: its result, or the reason why there is none."""

    def __init__(self) -> None:
        self.version = ""
        self.logits: np.ndarray | None = None
        self.problem = ""

    def engine(self, facts: dict[str, Any]) -> None:
        """Store the engine's version."""
        self.version = facts["version"]

    def unavailable(self, reason: str) -> None:
        """Store why the engine is missing."""
        self.problem = reason

    def start(self, key: str) -> None:
        """Do nothing: only the result counts."""

    def done(self, key: str, result: dict[str, Any]) -> None:
        """Store the logits or the error."""
        self.problem = result.get("error", "")
        if not self.problem:
            self.logits = np.load(result["logits"])


def native_answers(subject: Subject, inputs: np.ndarray, seconds: float) -> tuple[np.ndarray, str]:
    """Return the logits of ONNX Runtime without optimisations, computed in a worker, and the engine's name.

    Raises:
        CompatError: if the file fails there or takes longer than `seconds`.
    """
    answers = AnswerListener()
    suite = Suite(subject.suite, inputs, np.zeros((len(inputs), 0), np.float32), len(inputs), "")
    run_column(Column(PLAIN, None), [subject], [suite], answers, seconds)
    name = answers.version or PLAIN.label
    if answers.logits is None:
        known = known_refusal("onnxruntime", name, subject.facts.precision, answers.problem)
        reason = (known or one_line(answers.problem)).rstrip(".")
        raise CompatError(
            f"{subject.path} does not run in {name} ({reason}), so its answers are not known: give them "
            "as `logits` in the npz file."
        )
    return answers.logits, f"{name}, not optimised"


def _check_logits(logits: np.ndarray, count: int, path: Path, source: str) -> None:
    """Raise CompatError unless the expected logits are (N, K) finite numbers."""
    if logits.ndim != 2 or len(logits) != count or not logits.size:
        raise CompatError(
            f"The logits for {path} have shape {logits.shape}, expected ({count}, classes): the matrix "
            "is for classifiers."
        )
    if not np.issubdtype(logits.dtype, np.number) or np.iscomplexobj(logits):
        raise CompatError(f"The logits for {path} have type {logits.dtype}, expected float32.")
    bad = int((~np.isfinite(logits).all(axis=1)).sum())
    if bad:
        raise CompatError(
            f"The logits for {path} from {source} hold NaN or infinity for {bad} of {count} inputs, "
            "expected finite numbers: check the inputs and the weights."
        )


def _precision(model: onnx.ModelProto) -> str:
    """Return the precision whose limits a file is judged by."""
    if any(node.op_type in QUANTIZING for node in model.graph.node):
        return "int8"
    halves = any(tensor.data_type == onnx.TensorProto.FLOAT16 for tensor in model.graph.initializer)
    return "fp16" if halves else "fp32"
