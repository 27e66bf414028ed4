"""Compare an engine's logits with the expected ones and judge the cell. Pure.

A cell is green when the answers are right, red when they are wrong or the file failed for no known reason, grey when
the engine refuses the file for a known reason or is not available.
"""

import math
from dataclasses import dataclass

import msgspec
import numpy as np

from kakitori.schemas.compat import GREEN, RED, Cell, Status
from wasm_check.job import Suite

TOP_K = 5  # classes whose overlap with the expected ones is reported
# Logits are around 10 to 20. Odd inputs can make them larger, and rounding grows with them: a difference is divided by
# the row's largest logit over this, where that is above 1.
LARGE_LOGIT = 20.0


@dataclass(frozen=True)
class Limit:
    """The largest accepted differences from the expected answers.

    Rounded files are judged on ordinary inputs only: on noise and blank paper logits lie closer together than a
    rounding step, and values outside the contract's range saturate or overflow.
    """

    others_percent: float  # share of ordinary inputs with another arg-max than expected, rounded up to a whole input
    logit_difference: float | None  # from PyTorch, in logits; None: no limit
    engine_difference: float  # from the same file in ONNX Runtime, in logits, on ordinary inputs
    odd: bool = False  # whether the limits hold for odd inputs too


# fp32: above the differences of CPU engines (docs/measurements.md#differences-between-engines), since a GPU sums in
# another order. Other precisions: the file's own loss is limited at export (export.backends.PRECISIONS); here the
# limits are one other answer in a hundred, and a few rounding steps from the same file in ONNX Runtime, which computes
# fp16 in float32 on x86.
LIMITS = {
    "fp32": Limit(0, 2e-3, 2e-3, odd=True),
    "fp16": Limit(1, 0.5, 0.1),
    "fp16-weights": Limit(1, 0.5, 0.1),
    "int8": Limit(1, None, 1.0),
    "int8-dynamic": Limit(1, None, 1.0),
    "int8-weights": Limit(1, None, 0.1),
    "int4-weights": Limit(3, None, 0.1),
}
REFERENCE_ENGINE = "onnxruntime"


def judge(logits: np.ndarray, suite: Suite, native: np.ndarray | None, precision: str) -> Cell:
    """Return the cell of a file that ran, without its times.

    Args:
        logits: (N, K), the engine's.
        suite: with the expected logits, (N, K).
        native: logits of the same file in ONNX Runtime, (N, K); None where it did not run there.
        precision: key of LIMITS.
    """
    if logits.shape != suite.expected.shape:
        return Cell(status=RED, reason=f"Logits of shape {logits.shape}, expected {suite.expected.shape}.")
    cell = compare(logits, suite, native)
    status, reason = verdict(cell, precision)
    return msgspec.structs.replace(cell, status=status, reason=reason)


def compare(logits: np.ndarray, suite: Suite, native: np.ndarray | None) -> Cell:
    """Return a cell with the differences of (N, K) logits from the expected ones, green until it is judged."""
    ordinary, expected = suite.ordinary, suite.expected
    same = answers(logits) == answers(expected)
    return Cell(
        status=GREEN,
        reason="",
        inputs=len(logits),
        ordinary=ordinary,
        others=int((~same[:ordinary]).sum()),
        not_finite=int((~np.isfinite(logits).all(axis=1)).sum()),
        max_logit_difference=_difference(logits[:ordinary], expected[:ordinary]),
        odd_logit_difference=_difference(logits[ordinary:], expected[ordinary:]),
        engine_difference=None if native is None else _difference(logits[:ordinary], native[:ordinary]),
        argmax_percent=_percent(same[:ordinary]),
        odd_argmax_percent=_percent(same[ordinary:]),
        top5_percent=_percent(_top_overlap(logits[:ordinary], expected[:ordinary])),
        top1_percent=None if suite.labels is None else _percent(answers(logits) == suite.labels),
        expected_top1_percent=None if suite.labels is None else _percent(answers(expected) == suite.labels),
    )


def _difference(found: np.ndarray, expected: np.ndarray) -> float | None:
    """Return the largest difference in logits, None if shapes differ, a value is not finite or there is no row."""
    if not len(found) or found.shape != expected.shape or not np.isfinite(found).all():
        return None
    scale = np.maximum(np.abs(expected).max(axis=1, keepdims=True) / LARGE_LOGIT, 1)
    return float(f"{(np.abs(found - expected) / scale).max():.3g}")


def _top_overlap(found: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Return the share of each row's TOP_K expected classes that are among the TOP_K found, (N,) in 0..1."""
    k = min(TOP_K, expected.shape[1])
    found_top, expected_top = (np.argpartition(-rows, k - 1, axis=1)[:, :k] for rows in (found, expected))
    return (found_top[:, :, None] == expected_top[:, None, :]).any(axis=1).mean(axis=1)


def answers(logits: np.ndarray) -> np.ndarray:
    """Return the class index of each row's largest logit; -1 where the row holds NaN."""
    return np.where(np.isnan(logits).any(axis=1), -1, np.nan_to_num(logits, nan=-np.inf).argmax(axis=1))


def verdict(cell: Cell, precision: str) -> tuple[Status, str]:
    """Return the status of a file that ran, and the reason where it is red."""
    limit = LIMITS[precision]
    faults = []
    if cell.not_finite:
        faults.append(f"NaN or infinity in the logits of {cell.not_finite} of {cell.inputs} inputs")
    if cell.others > math.ceil(limit.others_percent / 100 * cell.ordinary):
        faults.append(f"another answer than expected on {cell.others} of {cell.ordinary} ordinary inputs")
    if limit.odd and cell.odd_argmax_percent != 100:
        faults.append("another answer than expected on an odd input (blank, full, noise, extreme)")
    checks = [
        ("expected", cell.max_logit_difference, limit.logit_difference),
        ("expected, on odd inputs,", cell.odd_logit_difference if limit.odd else None, limit.logit_difference),
        ("answered in ONNX Runtime", cell.engine_difference, limit.engine_difference),
    ]
    for what, difference, most in checks:
        if difference is not None and most is not None and difference > most:
            faults.append(f"logits differ from those {what} by {difference:g}, and at most {most:g} is rounding")
    return (RED, f"Wrong answers without an error: {'; '.join(faults)}.") if faults else (GREEN, "")


def _percent(hits: np.ndarray) -> float:
    return round(100 * float(hits.mean()), 2) if len(hits) else 100.0
