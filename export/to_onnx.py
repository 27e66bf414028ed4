"""A network to an ONNX graph through PyTorch's exporters, and the graph simplified by onnxsim."""

import io
import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import onnx
import onnxsim
import torch
from torch import nn

from export.backends import Backend
from export.errors import ExportError
from export.graph_facts import BATCH, opset_of
from export.lower_opset import lower_opset
from kakitori.spec import INPUT_NAME, OUTPUT_NAME

DYNAMO_OPSET = 18  # what torch.export writes, see `export_dynamo`


def to_onnx(
    network: nn.Module, size: int, backend: Backend, report: Callable[[str], None]
) -> tuple[onnx.ModelProto, str]:
    """Return the graph at the backend's opset and the name of the exporter that made it.

    The backend's exporters are tried in order; each failure is reported.

    Args:
        network: evaluation mode, on the CPU; (N, 1, size, size) float32 -> (N, K).
        size: input side in pixels.
        backend: gives opset and exporters.
        report: takes one line for the user.

    Raises:
        ExportError: if no exporter worked.
    """
    problems = []
    for name in backend.exporters:
        try:
            model = EXPORTERS[name](network, size, backend.opset)
            _check_opset(model, backend.opset)
        except ExportError as problem:
            problems.append(f"{name}: {problem}")
            report(f"{backend.name}: exporter {name} failed ({problem})")
            continue
        return model, name
    raise ExportError(f"No exporter could write opset {backend.opset} for {backend.name!r}: {'; '.join(problems)}")


def simplify(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return the model with constants folded and Identity nodes removed.

    Raises:
        ExportError: if onnxsim's own comparison of the result with the original failed.
    """
    simplified, equal = onnxsim.simplify(model)
    if not equal:
        raise ExportError(
            f"onnxsim {onnxsim.__version__} changed what the graph of {len(model.graph.node)} nodes computes: "
            "install the version pinned in pyproject.toml."
        )
    return simplified


def _check_opset(model: onnx.ModelProto, opset: int) -> None:
    """Raise ExportError unless the graph has the opset that was asked for; torch 2.13 may write another."""
    found = opset_of(model)
    if found != opset:
        raise ExportError(f"it wrote opset {found}, expected {opset}.")


def export_dynamo(network: nn.Module, size: int, opset: int) -> onnx.ModelProto:
    """Return the graph that torch.export writes, rewritten at `opset`, with a dynamic batch.

    torch 2.13 writes opset 18 whatever is asked for, so 18 is asked for and lowered.

    Raises:
        ExportError: if torch.export cannot capture the network, or the graph cannot be written at this opset.
    """
    with quiet_dynamo():
        try:
            program = torch.onnx.export(
                network,
                (torch.zeros(1, 1, size, size),),
                dynamo=True,
                opset_version=DYNAMO_OPSET,
                input_names=[INPUT_NAME],
                output_names=[OUTPUT_NAME],
                dynamic_shapes=({0: torch.export.Dim(BATCH)},),
                external_data=False,
                verbose=False,
            )
        except torch.onnx.OnnxExporterError as problem:
            raise ExportError(f"torch.export cannot write this network: {_reason(problem)}") from problem
    if program is None:  # only with fallback=True
        raise ExportError("torch.export wrote no graph.")
    return lower_opset(program.model_proto, opset)


@contextmanager
def quiet_dynamo() -> Iterator[None]:
    """Suppress torch 2.13's warnings about its own deprecations and about torchvision not being installed."""
    logger = logging.getLogger("torch.onnx._internal.exporter._registration")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            warnings.simplefilter("ignore", DeprecationWarning)
            yield
    finally:
        logger.setLevel(before)


def export_torchscript(network: nn.Module, size: int, opset: int) -> onnx.ModelProto:
    """Return the graph that the TorchScript exporter writes, with a dynamic batch.

    It is deprecated, and the only exporter of torch 2.13 that writes opsets below 18.

    Raises:
        ExportError: if a layer has no operator at this opset.
    """
    buffer: Any = io.BytesIO()  # torch 2.13 takes a stream here, but its annotation says a path
    with warnings.catch_warnings():
        # torch 2.13 (2026) only deprecates this exporter: "You are using the legacy TorchScript-based ONNX export".
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            torch.onnx.export(
                network,
                (torch.zeros(1, 1, size, size),),
                buffer,
                dynamo=False,
                opset_version=opset,
                input_names=[INPUT_NAME],
                output_names=[OUTPUT_NAME],
                dynamic_axes={INPUT_NAME: {0: BATCH}, OUTPUT_NAME: {0: BATCH}},
            )
        except torch.onnx.OnnxExporterError as problem:
            reason = _reason(problem)
            raise ExportError(f"TorchScript cannot write this network at opset {opset}: {reason}") from problem
    return onnx.load_from_string(buffer.getvalue())


def _reason(problem: BaseException) -> str:
    """Return the first line of an exporter's root error."""
    while problem.__cause__:
        problem = problem.__cause__
    return (str(problem).strip() or type(problem).__name__).splitlines()[0]


EXPORTERS: dict[str, Callable[[nn.Module, int, int], onnx.ModelProto]] = {
    "torch.export": export_dynamo,
    "torchscript": export_torchscript,
}
