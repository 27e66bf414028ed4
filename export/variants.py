"""One variant: from the trained network to a file that has passed every check, and its manifest row."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import onnx
from torch import nn

from export.backends import Variant
from export.check_images import Samples
from export.errors import ExportError
from export.graph_facts import GraphFacts, check_file, check_interface, check_operators, finish, graph_facts
from export.half import to_float16
from export.int8.quantize import quantize_dynamic, quantize_static
from export.parity import ParityResult, Reference, check_parity, compare
from export.pooling import prepare_pooling
from export.storage import Store, as_float16, as_int4, as_int8, store_weights
from export.to_onnx import simplify, to_onnx
from kakitori.confidence import Predictor
from kakitori.engine import onnx_predictor
from kakitori.errors import EngineError
from kakitori.files import sha256_of
from kakitori.schemas.manifest import Accuracy, ManifestRow, Parity
from kakitori.spec import ModelSpec


@dataclass(frozen=True)
class Trained:
    """A trained network to export, and the answers that every file is compared with."""

    spec: ModelSpec
    network: nn.Module
    samples: Samples
    reference: Reference


Scheme = Callable[[onnx.ModelProto, Trained], onnx.ModelProto]  # from the float graph to the precision's


def convert(trained: Trained, variant: Variant, report: Callable[[str], None]) -> tuple[onnx.ModelProto, str]:
    """Return the simplified float graph of a variant's backend and pooling, and the name of the exporter that made it.

    Raises:
        ExportError: if every exporter, or the simplifier, failed.
    """
    network = prepare_pooling(trained.network, variant.pooling, trained.spec.size)
    model, exporter = to_onnx(network, trained.spec.size, variant.backend, report)
    simplified = simplify(model)
    before, after = len(model.graph.node), len(simplified.graph.node)
    report(
        f"{variant.backend.name}: exported by {exporter} at opset {variant.backend.opset}, {before} -> {after} nodes"
    )
    return simplified, exporter


def keep_float(model: onnx.ModelProto, _trained: Trained) -> onnx.ModelProto:
    """Return the float graph unchanged."""
    return model


def storing(store: Store) -> Scheme:
    """Return the scheme that keeps the float graph and stores its weights by `store`."""
    return lambda model, _trained: store_weights(model, store)


def quantize_int8(model: onnx.ModelProto, trained: Trained) -> onnx.ModelProto:
    """Return the INT8 graph, calibrated on images of the training split."""
    aware = bool(trained.spec.training.get("qat"))
    return quantize_static(model, trained.samples.calibration().images, aware)


def quantize_int8_dynamic(model: onnx.ModelProto, _trained: Trained) -> onnx.ModelProto:
    """Return the INT8 graph whose activation ranges are measured at run time."""
    return quantize_dynamic(model)


SCHEMES: dict[str, Scheme] = {
    "float": keep_float,
    "float16": lambda model, _trained: to_float16(model),
    "float16-storage": storing(as_float16),
    "static-qdq": quantize_int8,
    "dynamic": quantize_int8_dynamic,
    "int8-storage": storing(as_int8),
    "int4-storage": storing(as_int4),
}


def write_variant(trained: Trained, variant: Variant, graph: onnx.ModelProto, exporter: str, path: Path) -> ManifestRow:
    """Write one variant to `path`, reload and check it; return its manifest row.

    Raises:
        ExportError: the first check that failed, in the order validity, names, axes, shapes, opset, operators, values.
    """
    backend, spec = variant.backend, trained.spec
    model = finish(SCHEMES[variant.precision.scheme](graph, trained), spec, backend.ir_version)
    path.write_bytes(model.SerializeToString(deterministic=True))
    facts = graph_facts(check_file(path))
    check_interface(facts, spec, backend.opset, backend.ir_version)
    check_operators(facts, backend, variant.precision)
    result = compare(_open_predictor(path), trained.reference)
    check_parity(result, variant.precision)
    return make_row(variant, facts, exporter, path, result)


def _open_predictor(path: Path) -> Predictor:
    try:
        return onnx_predictor(path)
    except EngineError as problem:
        raise ExportError(str(problem)) from problem


def make_row(variant: Variant, facts: GraphFacts, exporter: str, path: Path, result: ParityResult) -> ManifestRow:
    """Return the manifest row of a checked file; `path` is its present, temporary path."""
    parity = Parity(
        max_logit_difference=float(f"{result.max_logit_difference:.3g}"),
        argmax_agreement=round(result.argmax_agreement, 4),
        inputs=result.inputs,
        engine=result.engine,
    )
    accuracy = Accuracy(
        top1_percent=round(result.top1_percent, 2),
        fp32_top1_percent=round(result.reference_top1_percent, 2),
        images=result.images,
    )
    return ManifestRow(
        variant=variant.name,
        file=variant.file,
        backend=variant.backend.name,
        precision=variant.precision.name,
        pooling=variant.pooling,
        opset=facts.opset,
        bytes=path.stat().st_size,
        sha256=sha256_of(path),
        operators=facts.operators,
        exporter=exporter,
        parity=parity,
        accuracy={result.evaluation_set: accuracy},
    )


def summary(row: ManifestRow) -> str:
    """Return one line about a variant for the user."""
    _, accuracy = row.evaluated
    return (
        f"{row.variant}: {row.bytes / 1e6:.2f} MB, top-1 {accuracy.top1_percent:.2f} % "
        f"(PyTorch {accuracy.fp32_top1_percent:.2f} %), logits within {row.parity.max_logit_difference:g}"
    )
