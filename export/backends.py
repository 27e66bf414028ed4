"""The tables of what an ONNX file is made for: backends, precisions, variants. Vocabulary: standard library only.

Every limit of a variant stands in its row, with the reason beside it; the code loops over rows.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from kakitori.errors import KakitoriError, check_choice
from kakitori.spec import ONNX_FOLDER, POOLINGS

# The first IR version that can hold an opset, so that the oldest readers of that opset accept the file.
# https://github.com/onnx/onnx/blob/main/docs/Versioning.md#released-versions
IR_VERSIONS = {11: 6, 12: 7}

FIXED_POOLINGS = tuple(name for name, row in POOLINGS.items() if row.fixed)

# Published: an engine that implements these nine operators at opset 11 runs `strict.fp32`; another precision needs
# those of its own row beside them. No Global*Pool, no Shape arithmetic, no operator outside the ai.onnx domain.
STRICT_OPERATORS = frozenset({"Add", "AveragePool", "Conv", "Flatten", "Gemm", "MaxPool", "Mul", "Relu", "Sigmoid"})


@dataclass(frozen=True)
class Precision:
    """How numbers are stored, and how far a file may be from PyTorch; None is no limit to single logits."""

    name: str
    scheme: str  # key of export.variants.SCHEMES
    stores: str  # for people
    max_logit_difference: float | None
    max_top1_drop: float  # percentage points
    operators: frozenset[str] = frozenset()  # what its files may hold beside the backend's list, for the whole file


# Logits are around 10, sums of hundreds of float32 products taken in another order: 3e-5 was the largest difference
# seen on any backend. Ten times that is still far below what moves a probability by a thousandth.
FP32_MAX_LOGIT_DIFFERENCE = 3e-4

# fp16 is stored, not computed: a Cast makes each weight float32 again, once, when the file is loaded. Measured in
# November 2026 on the shipped network (onnxruntime 1.31.1, tract 0.23.9; AMD EPYC with AVX-512, one image, one thread):
#
#     form                                                         bytes   logits off   ORT      tract
#     float32                                                      7.95 M  0.00003      0.43 ms  0.80 ms
#     float16 weights, Cast                                        3.99 M  0.008        0.42 ms  0.84 ms
#     float16 throughout (onnxconverter-common 1.16.0)             3.98 M  0.019        0.43 ms  refused
#     float16 throughout, Gemm split into MatMul and Add           3.98 M  0.019        0.42 ms  297 ms
#
# tract refuses a Gemm of float16 ("expected batch,3036,F16 got batch,3036,F32"). All four load in
# onnxruntime-web 1.30.0 (wasm). So one form serves every backend.
#
# int8, int8-dynamic: the schemes and what they were chosen over stand in export/int8/quantize.py. One static scheme
# serves every backend: QDQ is the form of it that all their engines run. In tract it saves bytes only (1.5 ms,
# dynamic 2.7; float32 and int8-weights 0.8), so int8-weights is the better choice there.
#
# int8-weights, int4-weights: stored, too, and made float32 when the file is loaded, so that they run at the speed of
# float32 (wasm, Node 24: 2.63 ms each; they load in 280 and 330 ms, float32 in 215). Four bits, by block of weights
# that share a scale: root mean square of what the logits are off, and points lost on 9,108 images (scales in float32;
# the file, with float16 scales, loses 0.21):
#
#     8 bits, a scale an output channel              0.041  0.01
#     blocks of 16, numbers from -8 to 7             0.387  0.18     5.0 bits a weight
#     blocks of 32                                   0.624  0.15     4.5 bits        <- this one
#     blocks of 32, smallest and largest value       0.480  0.13     5.0 bits
#     blocks of 64                                   0.584  0.30     4.25 bits
#     blocks of 64, smallest and largest value       0.461  0.24     4.5 bits
#     blocks of 32, scale of least square error      0.751  0.21     4.5 bits
#     blocks of 32; convolutions of 8 bits           0.231  0.07     0.5 MB more
#
# com.microsoft's MatMulNBits for the classifier alone is no smaller (5.33 MB, this 5.28) and no faster (0.40 ms or,
# computing in int8, 0.38; this 0.40; in wasm 3.7 ms, this 2.6), and strict engines lack it.
PRECISIONS = {
    row.name: row
    for row in (
        Precision("fp32", "float", "float32", FP32_MAX_LOGIT_DIFFERENCE, 0.1),
        Precision("fp16", "float16-storage", "float16 weights", 0.05, 0.1, frozenset({"Cast"})),
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
    """One kind of engine and what its files may hold."""

    name: str
    opset: int
    exporters: tuple[str, ...]  # keys of export.to_onnx.EXPORTERS, the first that works is used
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
        """Return what a file of this precision may hold; None is any operator of the ai.onnx domain."""
        return None if self.operators is None else self.operators | precision.operators


# torch.export is where PyTorch's exporters are going, so the default backend has it first; the opset-11 files stay with
# TorchScript, which writes that opset itself.
BACKENDS = {
    row.name: row
    for row in (
        Backend("tract", 12, ("torch.export", "torchscript"), "adaptive_avg", tuple(POOLINGS)),
        # The tract that ONNX Runtime's users embed stops at opset 11 and wants explicit kernels.
        Backend("ort-tract", 11, ("torchscript",), "fixed_avg", FIXED_POOLINGS),
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
        if name in backend.refused:
            raise KakitoriError(
                f"Backend {backend.name!r} has no precision {name!r}, because {backend.refused[name]}: "
                f"choose one of {', '.join(backend.precisions)}."
            )
        selected.update({each: PRECISIONS[each] for each in (backend.precisions if name == ALL else [name])})
    return list(selected.values())
