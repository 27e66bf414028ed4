"""The tables of what an ONNX file is made for: backends, precisions, variants. Vocabulary: standard library only.

Every limit of a variant stands in its row, with the reason beside it; the code loops over rows.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from training.errors import KakitoriError, check_choice
from training.spec import ONNX_FOLDER, POOLINGS

# The first IR version that can hold an opset, so that the oldest readers of that opset accept the file.
# https://github.com/onnx/onnx/blob/main/docs/Versioning.md#released-versions
IR_VERSIONS = {11: 6, 12: 7}

FIXED_POOLINGS = tuple(name for name, row in POOLINGS.items() if row.fixed)

# Published: an engine that implements these eleven operators at opset 11 runs every `strict` file. No Global*Pool,
# no Shape arithmetic, no operator outside the ai.onnx domain.
STRICT_OPERATORS = frozenset(
    {
        "Add",
        "AveragePool",
        "Conv",
        "DequantizeLinear",  # int8 files only
        "Flatten",
        "Gemm",
        "MaxPool",
        "Mul",
        "QuantizeLinear",  # int8 files only
        "Relu",
        "Sigmoid",
    }
)


@dataclass(frozen=True)
class Precision:
    """How numbers are stored, and how far a file may be from PyTorch. None means no limit of that kind."""

    name: str
    scheme: str  # key of export.build.SCHEMES
    max_logit_difference: float | None
    max_top1_drop: float | None  # percentage points


# Logits are around 10, sums of hundreds of float32 products taken in another order: 3e-5 was the largest difference
# seen on any backend. Ten times that is still far below what moves a probability by a thousandth.
FP32_MAX_LOGIT_DIFFERENCE = 3e-4

PRECISIONS = {
    "fp32": Precision("fp32", "float", max_logit_difference=FP32_MAX_LOGIT_DIFFERENCE, max_top1_drop=0.1),
    "int8": Precision("int8", "static-qdq", max_logit_difference=None, max_top1_drop=0.3),
}


@dataclass(frozen=True)
class Backend:
    """One kind of engine and what its files may hold."""

    name: str
    opset: int
    exporters: tuple[str, ...]  # keys of export.to_onnx.EXPORTERS, the first that works is used
    default_pooling: str
    poolings: tuple[str, ...]
    precisions: tuple[str, ...]
    operators: frozenset[str] | None  # None: any of the ai.onnx domain

    @property
    def ir_version(self) -> int:
        return IR_VERSIONS[self.opset]


# No fp16: tract 0.23 refuses a Gemm with float16 inputs ("expected F16 got F32"), and on the CPU float16 is slower.
# TorchScript throughout: torch 2.13's dynamo exporter, asked for opset 11 or 12, silently writes 18.
BACKENDS = {
    row.name: row
    for row in (
        Backend("tract", 12, ("torchscript",), "adaptive_avg", tuple(POOLINGS), ("fp32", "int8"), None),
        # The tract that ONNX Runtime's users embed stops at opset 11 and wants explicit kernels.
        Backend("ort-tract", 11, ("torchscript",), "fixed_avg", FIXED_POOLINGS, ("fp32", "int8"), None),
        Backend("strict", 11, ("torchscript",), "fixed_avg", FIXED_POOLINGS, ("fp32", "int8"), STRICT_OPERATORS),
    )
}
ALL = "all"


@dataclass(frozen=True)
class Variant:
    """One ONNX file: backend x pooling x precision."""

    backend: Backend
    pooling: str
    precision: Precision

    @property
    def name(self) -> str:
        """`strict.int8`; a pooling other than the backend's default stands between the two."""
        pooling = () if self.pooling == self.backend.default_pooling else (self.pooling,)
        return ".".join((self.backend.name, *pooling, self.precision.name))

    @property
    def file(self) -> str:
        """Path inside the model directory, with forward slashes."""
        return f"{ONNX_FOLDER}/{self.name}.onnx"


def select_backends(names: Iterable[str]) -> list[Backend]:
    """Return the rows of the named backends, once each, in order; `all` is every one.

    Raises:
        KakitoriError: for an unknown name, listing the legal ones.
    """
    selected: dict[str, Backend] = {}
    for name in names:
        chosen = BACKENDS if check_choice("backend", name, [*BACKENDS, ALL]) == ALL else {name: BACKENDS[name]}
        selected.update(chosen)
    return list(selected.values())


def get_backend(name: str) -> Backend:
    """Return a backend's row.

    Raises:
        KakitoriError: for an unknown name, listing the legal ones.
    """
    return BACKENDS[check_choice("backend", name, BACKENDS)]


def get_precision(name: str, backend: Backend) -> Precision:
    """Return a precision's row.

    Raises:
        KakitoriError: for an unknown name, or one that this backend does not have, listing the legal ones.
    """
    check_choice("precision", name, PRECISIONS)
    if name not in backend.precisions:
        raise KakitoriError(
            f"Backend {backend.name!r} has no precision {name!r}: choose one of {', '.join(backend.precisions)}."
        )
    return PRECISIONS[name]
