"""The facts of an ONNX graph, the checks of them, and the removal of build traces from it."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError

from export.backends import Backend, Precision
from export.errors import InterfaceError, UnsupportedOpError
from kakitori.spec import INPUT_NAME, OUTPUT_NAME, ModelSpec, join_licences

BATCH = "batch"  # the symbolic first axis of input and output
PRODUCER = "kakitori"


@dataclass(frozen=True)
class Tensor:
    """A graph input or output; a dynamic axis is given by its name."""

    name: str
    dtype: str  # as onnx.TensorProto spells it
    shape: tuple[int | str, ...]


@dataclass(frozen=True)
class GraphFacts:
    """The properties of a file that the contract fixes."""

    opset: int
    ir_version: int
    domains: tuple[str, ...]  # other than ai.onnx
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    operators: dict[str, int]  # operator -> how many, sorted by name


def graph_facts(model: onnx.ModelProto) -> GraphFacts:
    """Return the facts of a graph."""
    counts = Counter(node.op_type for node in model.graph.node)
    used = {node.domain for node in model.graph.node}
    return GraphFacts(
        opset=opset_of(model),
        ir_version=model.ir_version,
        domains=tuple(sorted(({opset.domain for opset in model.opset_import} | used) - {""})),
        inputs=tuple(_tensor(value) for value in model.graph.input),
        outputs=tuple(_tensor(value) for value in model.graph.output),
        operators=dict(sorted(counts.items())),
    )


def opset_of(model: onnx.ModelProto) -> int:
    """Return the version of the ai.onnx operators that a graph is written in; 0 if it names none."""
    return next((opset.version for opset in model.opset_import if opset.domain == ""), 0)


def _tensor(value: onnx.ValueInfoProto) -> Tensor:
    kind = value.type.tensor_type
    shape = tuple(axis.dim_param or axis.dim_value for axis in kind.shape.dim)
    return Tensor(value.name, onnx.TensorProto.DataType.Name(kind.elem_type), shape)


def check_interface(facts: GraphFacts, spec: ModelSpec, opset: int, ir_version: int) -> None:
    """Raise unless names, types, axes, shapes, opset and IR version are those of the contract.

    Raises:
        InterfaceError: for the first difference in that order, with what was found and expected.
    """
    wanted_input = Tensor(INPUT_NAME, "FLOAT", (BATCH, 1, spec.size, spec.size))
    wanted_output = Tensor(OUTPUT_NAME, "FLOAT", (BATCH, spec.num_classes))
    expectations = (
        ("inputs", facts.inputs, (wanted_input,)),
        ("outputs", facts.outputs, (wanted_output,)),
        ("opset", facts.opset, opset),
        ("IR version", facts.ir_version, ir_version),
        ("operator domains beside ai.onnx", facts.domains, ()),
    )
    for what, found, wanted in expectations:
        if found != wanted:
            raise InterfaceError(
                f"The graph's {what}: found {found!r}, expected {wanted!r}; "
                "install the versions pinned in pyproject.toml and export again."
            )


def check_operators(facts: GraphFacts, backend: Backend, precision: Precision) -> None:
    """Raise UnsupportedOpError for operators outside the backend's list; a backend without a list allows all."""
    legal = backend.legal_operators(precision)
    if legal is not None and not facts.operators.keys() <= legal:
        raise UnsupportedOpError(backend.name, sorted(facts.operators.keys() - legal), sorted(legal))


def check_file(path: Path) -> onnx.ModelProto:
    """Return the model in a file after ONNX's full check, shapes included.

    Raises:
        InterfaceError: if the file is not a valid model.
    """
    try:
        model = onnx.load(path)
        onnx.checker.check_model(model, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError, DecodeError) as problem:
        reason = str(problem).strip().splitlines()[0]
        raise InterfaceError(
            f"The file is not a valid ONNX model ({reason}): "
            "restore it, or export it again with the versions pinned in pyproject.toml."
        ) from problem
    return model


def finish(model: onnx.ModelProto, spec: ModelSpec, ir_version: int) -> onnx.ModelProto:
    """Return a copy without build traces and intermediate shapes, and with the model's facts as metadata.

    tract 0.23.9 refuses a fixed input with intermediate shapes that name the batch ("Impossible to unify Sym(batch)
    with Val(1)"). Stack traces and the exporter's name depend on the machine.
    """
    finished = onnx.ModelProto()
    finished.CopyFrom(model)
    finished.ir_version = ir_version
    finished.producer_name, finished.producer_version = PRODUCER, ""
    finished.doc_string, finished.domain, finished.model_version = "", "", 0
    finished.graph.name, finished.graph.doc_string = PRODUCER, ""
    del finished.graph.value_info[:]
    del finished.functions[:]
    for part in (finished.graph, *finished.graph.node, *finished.graph.initializer):
        part.doc_string = ""
        del part.metadata_props[:]
    for value in (*finished.graph.input, *finished.graph.output):
        value.doc_string = ""
        del value.metadata_props[:]
    keep = [opset for opset in finished.opset_import if opset.domain == ""]
    del finished.opset_import[:]
    finished.opset_import.extend(keep)
    del finished.metadata_props[:]
    onnx.helper.set_model_props(finished, metadata(spec))
    return finished


def metadata(spec: ModelSpec) -> dict[str, str]:
    """Return the metadata of a file, sorted by key, with which it can be used without its model directory."""
    facts = {
        "attribution": join_licences(spec.data, "attribution"),
        "charset": spec.charset,
        "digest": spec.digest,
        "licence": join_licences(spec.data, "licence"),
        "margin": repr(spec.margin),
        "radius": repr(spec.radius),
        "size": str(spec.size),
    }
    return dict(sorted(facts.items()))
