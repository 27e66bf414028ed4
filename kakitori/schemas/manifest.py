"""manifest.json: one row per ONNX file, with everything that was measured when it was checked."""

from typing import Annotated

import msgspec
from msgspec import Meta

from kakitori.schemas.config import ClassCount, Count, Name, Sha256

# A name inside the model directory: no absolute path, no "..", and no character that a URL or a shell would change.
OnnxFile = Annotated[str, Meta(max_length=200, pattern=r"^onnx/[A-Za-z0-9][A-Za-z0-9._-]*\.onnx\Z")]
Variant = Annotated[str, Meta(max_length=200, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*\Z")]
Percent = Annotated[float, Meta(ge=0, le=100)]


class Parity(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The largest logit difference from PyTorch, and the share in 0..1 of inputs with the same arg-max."""

    max_logit_difference: Annotated[float, Meta(ge=0)]
    argmax_agreement: Annotated[float, Meta(ge=0, le=1)]
    inputs: Count
    engine: str


class Accuracy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Top-1 percentages of the file and of PyTorch on the same images."""

    top1_percent: Percent
    fp32_top1_percent: Percent
    images: Count


class ManifestRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One checked ONNX file; `file` is its path inside the model directory, `accuracy` is by evaluation set."""

    variant: Variant
    file: OnnxFile
    backend: str
    precision: str
    pooling: str
    opset: Annotated[int, Meta(ge=1)]
    bytes: Annotated[int, Meta(ge=1)]
    sha256: Sha256
    operators: dict[str, Count]
    exporter: str
    parity: Parity
    accuracy: dict[str, Accuracy]

    @property
    def evaluated(self) -> tuple[str, Accuracy]:
        """The evaluation set that the file was checked on, and its figures."""
        return next(iter(self.accuracy.items()))


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The ONNX files of a model.

    `weights` is the SHA-256 of the file of weights that they were made from; `model_digest` is that of config.json.
    """

    model: Name
    charset: Name
    num_classes: ClassCount
    digest: str
    model_digest: str
    size: Count
    weights: Sha256
    files: list[ManifestRow]
