"""A network to an ONNX graph, through PyTorch's exporters."""

import io
import warnings
from collections.abc import Callable

import onnx
import torch
from torch import nn

from export.backends import Backend
from export.errors import ExportError
from export.graph_facts import BATCH
from training.spec import INPUT_NAME, OUTPUT_NAME


def to_onnx(
    network: nn.Module, size: int, backend: Backend, report: Callable[[str], None]
) -> tuple[onnx.ModelProto, str]:
    """Return the graph at the backend's opset and the name of the exporter that made it.

    The backend's exporters are tried in order; a fall-back to the next is reported.

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
        except ExportError as problem:
            problems.append(f"{name}: {problem}")
            report(f"{backend.name}: exporter {name} failed ({problem})")
            continue
        return model, name
    raise ExportError(f"No exporter could write opset {backend.opset} for {backend.name!r}: {'; '.join(problems)}")


def export_torchscript(network: nn.Module, size: int, opset: int) -> onnx.ModelProto:
    """Return the graph that the TorchScript exporter writes, with a dynamic batch.

    It is the only exporter of torch 2.13 that writes opsets below 18 itself.

    Raises:
        ExportError: if a layer has no operator at this opset.
    """
    buffer = io.BytesIO()
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
            reason = str(problem).strip().splitlines()[0]
            raise ExportError(f"TorchScript cannot write this network at opset {opset}: {reason}") from problem
    return onnx.load_from_string(buffer.getvalue())


EXPORTERS: dict[str, Callable[[nn.Module, int, int], onnx.ModelProto]] = {"torchscript": export_torchscript}
