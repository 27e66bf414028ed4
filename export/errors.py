"""The errors of the export stage. Standard library only.

ExportError             (a KakitoriError)
├── PoolingError        a pooling that does not fit the weights or the backend
├── InterfaceError      names, axes, shapes, types, opset or IR version are not those of the contract
├── UnsupportedOpError  an operator outside the backend's published list
├── QuantizationError   an INT8 graph in which something was left in float
├── ParityError         logits differ from PyTorch's
├── AccuracyError       top-1 accuracy fell by more than the precision's limit
├── ManifestError       a manifest.json that cannot be used
└── VariantsFailed      several variants failed; `failures` holds every one
"""

from kakitori.errors import KakitoriError


class ExportError(KakitoriError):
    """A failed export; `variant` is its name once known, and the sentence begins with it."""

    variant: str | None = None

    def __str__(self) -> str:
        sentence = super().__str__()
        return f"{self.variant}: {sentence}" if self.variant else sentence


class PoolingError(ExportError):
    """A pooling that the trained weights or the backend do not allow."""


class InterfaceError(ExportError):
    """A graph whose inputs, outputs, opset or IR version are not those of the contract."""


class UnsupportedOpError(ExportError):
    """Operators outside the backend's list; `operators` names them."""

    def __init__(self, backend: str, operators: list[str], legal: list[str]) -> None:
        self.operators = operators
        super().__init__(
            f"The graph holds {', '.join(operators)}, but backend {backend!r} allows only {', '.join(legal)}: "
            "change the architecture, or export for another backend."
        )


class QuantizationError(ExportError):
    """An INT8 graph with layers left in float."""


class ParityError(ExportError):
    """Logits that differ from PyTorch's by more than the precision's limit; `difference` and `limit` are in logits."""

    def __init__(self, difference: float, limit: float, inputs: int, engine: str) -> None:
        self.difference, self.limit = difference, limit
        super().__init__(
            f"The logits in {engine} differ from PyTorch's by up to {difference:.3g} on {inputs} inputs, and at most "
            f"{limit:.3g} is rounding: do not use this file, and report the architecture and versions."
        )


class AccuracyError(ExportError):
    """Top-1 accuracy below PyTorch's by more than the limit; `drop` and `limit` are in percentage points."""

    def __init__(self, evaluation_set: str, drop: float, limit: float, images: int) -> None:
        self.drop, self.limit = drop, limit
        super().__init__(
            f"Top-1 accuracy on {images:,} images of {evaluation_set!r} fell {drop:.2f} points below PyTorch's "
            f"(limit {limit:.2f}): train longer, raise CALIBRATION_IMAGES in export/check_images.py, or use fp32."
        )


class ManifestError(ExportError):
    """A manifest.json that is missing, damaged or contradicts the files beside it."""


class VariantsFailed(ExportError):
    """More than one variant failed; `failures` holds the error of each."""

    def __init__(self, failures: list[ExportError]) -> None:
        self.failures = failures
        listed = "\n".join(f"  {error}" for error in failures)
        super().__init__(f"{len(failures)} variants failed, and nothing was written:\n{listed}")
