"""manifest.json: one row per ONNX file, with everything that was measured when it was checked."""

from typing import Annotated

import msgspec
from msgspec import Meta

Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
Count = Annotated[int, Meta(ge=0)]
Percent = Annotated[float, Meta(ge=0, le=100)]


class Parity(msgspec.Struct, frozen=True, kw_only=True):
    """The largest logit difference from PyTorch, and the share in 0..1 of inputs with the same arg-max."""

    max_logit_difference: Annotated[float, Meta(ge=0)]
    argmax_agreement: Annotated[float, Meta(ge=0, le=1)]
    inputs: Count
    engine: str


class Accuracy(msgspec.Struct, frozen=True, kw_only=True):
    """Top-1 percentages of the file and of PyTorch on the same images."""

    top1_percent: Percent
    fp32_top1_percent: Percent
    images: Count


class ManifestRow(msgspec.Struct, frozen=True, kw_only=True):
    """One checked ONNX file; `file` is its path inside the model directory, `accuracy` is by evaluation set."""

    variant: str
    file: str
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


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """The files of a model; `weights` is the SHA-256 of the weights' file that they were made from."""

    model: str
    charset: str
    num_classes: Annotated[int, Meta(ge=2)]
    digest: str
    size: Count
    weights: Sha256
    files: list[ManifestRow]
