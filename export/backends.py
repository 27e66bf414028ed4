"""The tables of backends, precisions and variants of ONNX files. Standard library only.

Each row holds its limits, with the reason in a comment or in docs/measurements.md#precisions; the code loops over rows.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from kakitori.errors import KakitoriError, check_choice
from kakitori.spec import ONNX_FOLDER, POOLINGS

# The lowest IR version that can hold an opset, so that the oldest readers of that opset accept the file.
# https://github.com/onnx/onnx/blob/main/docs/Versioning.md#released-versions
IR_VERSIONS = {11: 6, 12: 7}

FIXED_POOLINGS = tuple(name for name, row in POOLINGS.items() if row.fixed)

# The published allow-list: an engine that implements these nine operators at opset 11 runs `strict.fp32`; another
# precision also needs the operators of its own row. No Global*Pool, no Shape, no domain other than ai.onnx.
STRICT_OPERATORS = frozenset({"Add", "AveragePool", "Conv", "Flatten", "Gemm", "MaxPool", "Mul", "Relu", "Sigmoid"})


@dataclass(frozen=True)
class Precision:
    """How a file stores its numbers, and the limits of its difference from PyTorch."""

    name: str
    scheme: str  # key of export.variants.SCHEMES
    stores: str  # description, for the listing
    max_logit_difference: float | None  # None: single logits have no limit
    max_top1_drop: float  # percentage points
    operators: frozenset[str] = frozenset()  # allowed in its files in addition to the backend's list


# Logits are around 10, sums of hundreds of float32 products in another order. The limit is ten times the largest
# difference measured, far below what changes a probability by 0.001: docs/measurements.md#limits-of-the-checks.
FP32_MAX_LOGIT_DIFFERENCE = 3e-4

# Why these forms and not others: docs/measurements.md#precisions. The fp16 graph computes in float16 between two
# Casts, where the engine has float16 kernels; `*-weights` files are stored in fewer bits and compute in float32.
PRECISIONS = {
    row.name: row
    for row in (
        Precision("fp32", "float", "float32", FP32_MAX_LOGIT_DIFFERENCE, 0.1),
        Precision("fp16", "float16", "float16 weights and activations", 0.05, 0.1, frozenset({"Cast"})),
        Precision("fp16-weights", "float16-storage", "float16 weights", 0.05, 0.1, frozenset({"Cast"})),
        Precision(
            "int8", "static-qdq", "int8 weights, uint8 activations, ranges from calibration", None, 0.3,
            frozenset({"DequantizeLinear", "QuantizeLinear"}),
        ),
        Precision("int8-dynamic", "dynamic", "uint8 weights and activations, ranges found on each run", None, 0.3),
        Precision("int8-weights", "int8-storage", "int8 weights", 1.0, 0.2, frozenset({"Cast"})),
        Precision(
            "int4-weights", "int4-storage", "4-bit weights in blocks, two a byte; int8 in small layers", None, 0.5,
            frozenset({"Cast", "Concat", "Floor", "Reshape"}),
        ),
    )
}  # fmt: skip
ALL = "all"


@dataclass(frozen=True)
class Backend:
    """A kind of engine, and the opset, poolings, operators and precisions of its files."""

    name: str
    opset: int
    exporters: tuple[str, ...]  # keys of export.to_onnx.EXPORTERS; the first that works is used
    default_pooling: str
    poolings: tuple[str, ...]
    operators: frozenset[str] | None = None  # None: any of the ai.onnx domain
    refused: dict[str, str] = field(default_factory=dict)  # precision -> why this backend does not have it

    @property
    def ir_version(self) -> int:
        return IR_VERSIONS[self.opset]

    @property
    def precisions(self) -> tuple[str, ...]:
        return tuple(name for name in PRECISIONS if name not in self.refused)

    def legal_operators(self, precision: Precision) -> frozenset[str] | None:
        """Return the operators allowed in a file of this precision; None allows any of the ai.onnx domain."""
        return None if self.operators is None else self.operators | precision.operators


NO_HALF = "tract 0.23 has no Gemm of float16, and computes convolutions of float16 400 times slower than float32's"

# torch.export is PyTorch's maintained exporter, so the default backend tries it first. The opset-11 files use
# TorchScript, which writes that opset directly.
BACKENDS = {
    row.name: row
    for row in (
        Backend(
            "tract", 12, ("torch.export", "torchscript"), "adaptive_avg", tuple(POOLINGS), refused={"fp16": NO_HALF}
        ),
        # The tract embedded by users of the crate `ort` reads opset 11 at most and needs explicit pooling kernels.
        Backend("ort-tract", 11, ("torchscript",), "fixed_avg", FIXED_POOLINGS, refused={"fp16": NO_HALF}),
        Backend(
            "strict", 11, ("torchscript",), "fixed_avg", FIXED_POOLINGS, STRICT_OPERATORS,
            {"int8-dynamic": "it needs ConvInteger, MatMulInteger and DynamicQuantizeLinear, which small engines lack"},
        ),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Variant:
    """One ONNX file: backend x pooling x precision."""

    backend: Backend
    pooling: str
    precision: Precision

    @property
    def name(self) -> str:
        """`strict.int8`; a pooling other than the backend's default is named between backend and precision."""
        pooling = () if self.pooling == self.backend.default_pooling else (self.pooling,)
        return ".".join((self.backend.name, *pooling, self.precision.name))

    @property
    def file(self) -> str:
        """Path inside the model directory, with forward slashes."""
        return f"{ONNX_FOLDER}/{self.name}.onnx"


def select_backends(names: Iterable[str]) -> list[Backend]:
    """Return the rows of the named backends, each once, in order; `all` selects every backend.

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


def select_precisions(names: Iterable[str], backend: Backend) -> list[Precision]:
    """Return the rows of the named precisions, each once, in order; `all` selects every precision of the backend.

    Raises:
        KakitoriError: for an unknown name, or a precision that the backend refuses, listing the legal ones.
    """
    selected: dict[str, Precision] = {}
    for name in names:
        check_choice("precision", name, [*PRECISIONS, ALL])
        if name in backend.refused:
            raise KakitoriError(
                f"Backend {backend.name!r} has no precision {name!r}, because {backend.refused[name]}: "
                f"choose one of {', '.join(backend.precisions)}."
            )
        selected.update({each: PRECISIONS[each] for each in (backend.precisions if name == ALL else [name])})
    return list(selected.values())
