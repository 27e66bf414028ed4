"""Whether an engine gave the answers that were expected. Pure.

A cell is green when the answers are right, red when they are wrong or the file failed without a known reason, grey
when this engine cannot run it, or is not here, for a reason that is known and told.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from wasm_check.subjects import Suite

GREEN, RED, GREY = "green", "red", "grey"
TOP_K = 5
# Logits are around 10 to 20. Where an odd input makes them larger, rounding grows with them, so a difference counts in
# proportion to what is above this.
LARGE_LOGIT = 20.0


@dataclass(frozen=True)
class Limit:
    """How far answers may be from the expected ones.

    Quantized files are held to ordinary inputs: noise and blank paper have no answer, their logits lie closer together
    than a quantization step, and values outside the contract's range are cut off.
    """

    others_percent: float  # other answers than expected at most, of the ordinary inputs, rounded up to a whole one
    logit_difference: float | None  # at most, from PyTorch, in logits; None: not limited
    engine_difference: float  # at most, from the same file in ONNX Runtime, on ordinary inputs
    odd: bool = False  # all of this holds for odd inputs too


# fp32: 7e-5 was the largest difference in any engine on the CPU; a GPU sums in another order. Other precisions: what
# the file itself may lose is limited where it is made (export.backends.PRECISIONS); here it is held to one other
# answer in a hundred, and to what the same file answers in ONNX Runtime, up to a few quantization steps.
LIMITS = {
    "fp32": Limit(0, 2e-3, 2e-3, odd=True),
    "fp16": Limit(1, 0.5, 0.1),
    "int8": Limit(1, None, 1.0),
    "int8-dynamic": Limit(1, None, 1.0),
    "int8-weights": Limit(1, None, 0.1),
    "int4-weights": Limit(3, None, 0.1),
}
REFERENCE_ENGINE = "onnxruntime"


def compare(logits: np.ndarray, suite: Suite, native: np.ndarray | None) -> dict[str, Any]:
    """Return how (N, K) logits differ from the expected ones: differences, agreement in per cent, values not finite.

    Args:
        native: what the same file answered in ONNX Runtime, (N, K); None where it did not run there.
    """
    common, expected = suite.common, suite.expected
    same = answers(logits) == answers(expected)
    facts: dict[str, Any] = {
        "inputs": len(logits),
        "ordinary": common,
        "others": int((~same[:common]).sum()),
        "not_finite": int((~np.isfinite(logits).all(axis=1)).sum()),
        "max_logit_difference": _difference(logits[:common], expected[:common]),
        "odd_logit_difference": _difference(logits[common:], expected[common:]),
        "engine_difference": None if native is None else _difference(logits[:common], native[:common]),
        "argmax_percent": _percent(same[:common]),
        "odd_argmax_percent": _percent(same[common:]),
        "top5_percent": _percent(_top_overlap(logits[:common], expected[:common])),
    }
    if suite.labels is not None:
        facts["top1_percent"] = _percent(answers(logits) == suite.labels)
        facts["expected_top1_percent"] = _percent(answers(expected) == suite.labels)
    return facts


def _difference(found: np.ndarray, expected: np.ndarray) -> float | None:
    """Return the largest difference in logits, None if a value is not finite or there is no row."""
    if not len(found) or not np.isfinite(found).all():
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


def verdict(facts: dict[str, Any], precision: str) -> tuple[str, str]:
    """Return the colour of a file that ran, and the reason where it is red."""
    limit = LIMITS[precision]
    faults = []
    if facts["not_finite"]:
        faults.append(f"NaN or infinity in the logits of {facts['not_finite']} of {facts['inputs']} inputs")
    if facts["others"] > math.ceil(limit.others_percent / 100 * facts["ordinary"]):
        faults.append(f"another answer than expected on {facts['others']} of {facts['ordinary']} ordinary inputs")
    if limit.odd and facts["odd_argmax_percent"] < 100:
        faults.append("another answer than expected on an odd input (blank, full, noise, extreme)")
    checks = [
        ("expected", facts["max_logit_difference"], limit.logit_difference),
        ("expected, on odd inputs,", facts["odd_logit_difference"] if limit.odd else None, limit.logit_difference),
        ("answered in ONNX Runtime", facts["engine_difference"], limit.engine_difference),
    ]
    for what, difference, most in checks:
        if None not in (difference, most) and difference > most:
            faults.append(f"logits differ from those {what} by {difference:g}, and at most {most:g} is rounding")
    return (RED, f"Wrong answers without an error: {'; '.join(faults)}.") if faults else (GREEN, "")


def _percent(hits: np.ndarray) -> float:
    return round(100 * float(hits.mean()), 2) if len(hits) else 100.0
