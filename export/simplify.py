"""A smaller graph that computes the same: onnxsim, required to prove its result."""

import onnx
import onnxsim

from export.errors import ExportError


def simplify(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return the model with constants folded and Identity nodes gone.

    Raises:
        ExportError: if onnxsim could not show that its result equals the original.
    """
    simplified, equal = onnxsim.simplify(model)
    if not equal:
        raise ExportError(
            f"onnxsim {onnxsim.__version__} changed what the graph of {len(model.graph.node)} nodes computes: "
            "install the version pinned in pyproject.toml."
        )
    return simplified
