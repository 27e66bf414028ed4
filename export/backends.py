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

# Published: an engine that implements these nine operators at opset 11 runs `strict.fp32`; another precision needs
# those of its own row beside them. No Global*Pool, no Shape arithmetic, no operator outside the ai.onnx domain.
STRICT_OPERATORS = frozenset({"Add", "AveragePool", "Conv", "Flatten", "Gemm", "MaxPool", "Mul", "Relu", "Sigmoid"})


@dataclass(frozen=True)
class Precision:
    """How numbers are stored, and how far a file may be from PyTorch. None means no limit of that kind."""

    name: str
    scheme: str  # key of export.variants.SCHEMES
    max_logit_difference: float | None
    max_top1_drop: float | None  # percentage points
    operators: frozenset[str] = frozenset()  # what its files may hold beside the backend's list, for the whole file


# Logits are around 10, sums of hundreds of float32 products taken in another order: 3e-5 was the largest difference
# seen on any backend. Ten times that is still far below what moves a probability by a thousandth.
FP32_MAX_LOGIT_DIFFERENCE = 3e-4

# fp16 is stored, not computed: a Cast makes each weight float32 again, once, when the file is loaded. Measured in
# November 2026 on the shipped network (onnxruntime 1.31.1, tract 0.23.9; AMD EPYC with AVX-512, one image, one thread):
#
#     form                                                         bytes   logits off   ORT      tract
#     float32                                                      7.95 M  0.00003      0.69 ms  1.24 ms
#     float16 weights, Cast                                        3.99 M  0.008        0.70 ms  1.24 ms
#     float16 throughout (onnxconverter-common 1.16.0)             3.98 M  0.019        0.71 ms  refused
#     float16 throughout, Gemm split into MatMul and Add           3.98 M  0.019        0.70 ms  297 ms
#
# tract refuses a Gemm of float16 ("expected batch,3036,F16 got batch,3036,F32"). All four load in
# onnxruntime-web 1.30.0 (wasm). So one form serves every backend.
PRECISIONS = {
    row.name: row
    for row in (
        Precision("fp32", "float", FP32_MAX_LOGIT_DIFFERENCE, 0.1),
        Precision("fp16", "fp16-storage", 0.05, 0.1, frozenset({"Cast"})),
        Precision("int8", "static-qdq", None, 0.3, frozenset({"DequantizeLinear", "QuantizeLinear"})),
    )
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

    def legal_operators(self, precision: Precision) -> frozenset[str] | None:
        """Return what a file of this precision may hold; None is any operator of the ai.onnx domain."""
        return None if self.operators is None else self.operators | precision.operators


# TorchScript throughout: torch 2.13's dynamo exporter, asked for opset 11 or 12, silently writes 18.
BACKENDS = {
    row.name: row
    for row in (
        Backend("tract", 12, ("torchscript",), "adaptive_avg", tuple(POOLINGS), tuple(PRECISIONS), None),
        # The tract that ONNX Runtime's users embed stops at opset 11 and wants explicit kernels.
        Backend("ort-tract", 11, ("torchscript",), "fixed_avg", FIXED_POOLINGS, tuple(PRECISIONS), None),
        Backend("strict", 11, ("torchscript",), "fixed_avg", FIXED_POOLINGS, tuple(PRECISIONS), STRICT_OPERATORS),
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


def select_precisions(names: Iterable[str], backend: Backend) -> list[Precision]:
    """Return the rows of the named precisions, once each, in order; `all` is every one that the backend has.

    Raises:
        KakitoriError: for an unknown name, or one that this backend does not have, listing the legal ones.
    """
    selected: dict[str, Precision] = {}
    for name in names:
        check_choice("precision", name, [*PRECISIONS, ALL])
        if name not in (*backend.precisions, ALL):
            raise KakitoriError(
                f"Backend {backend.name!r} has no precision {name!r}: choose one of {', '.join(backend.precisions)}."
            )
        selected.update({each: PRECISIONS[each] for each in (backend.precisions if name == ALL else [name])})
    return list(selected.values())
