"""A tiny classifier as an ONNX file."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

from wasm_check.job import FileFacts, Subject

CLASSES, SIDE = 7, 4
INPUTS = np.random.default_rng(0).normal(size=(12, 1, SIDE, SIDE)).astype(np.float32)
WEIGHTS = np.random.default_rng(1).normal(size=(SIDE * SIDE, CLASSES)).astype(np.float32)


def write_classifier(
    path: Path, operator: str = "MatMul", domain: str = "", input_shape: Sequence | None = ("batch", 1, SIDE, SIDE),
    weights: np.ndarray = WEIGHTS,
) -> Path:  # fmt: skip
    """Write Flatten -> MatMul, opset 11, as an ONNX file.

    Args:
        operator: in place of MatMul; it may be one that no engine knows.
        domain: the operator's.
        input_shape: None for an axis without name and size; None alone for no shape.
        weights: (SIDE * SIDE, K) float32.
    """
    nodes = [
        helper.make_node("Flatten", ["input"], ["flat"], axis=1),
        helper.make_node(operator, ["flat", "weights"], ["logits"], name="classify", domain=domain),
    ]
    graph = helper.make_graph(
        nodes, "tiny",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, input_shape)],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [None, None])],
        [onnx.numpy_helper.from_array(weights, "weights")],
    )  # fmt: skip
    opsets = [helper.make_opsetid("", 11)] + ([helper.make_opsetid(domain, 1)] if domain else [])
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=6), path)
    return path


def make_subject(path: Path) -> Subject:
    """Return a file as a subject of the tiny suite."""
    facts = FileFacts("tiny", "strict", "fixed_avg", "fp32", 11, path.stat().st_size, "0" * 64)
    return Subject(path.stem, path, "input", "logits", "tiny", facts)
