"""The messages with which engines refuse files. A cell is grey if the engine's message matches a row here.

A row means that the engine cannot run such files. A file that runs and gives wrong answers is always red.
"""

import re
from dataclasses import dataclass

ORT = ("onnxruntime", "ort-web", "ort-web-threads", "ort-web-webgpu")
TRACT = ("tract", "tractjs")
NO_OPERATOR = "{engine} has no operator {0}."


@dataclass(frozen=True)
class Refusal:
    """A message of some engines, as a regular expression, and the reason to show; `{0}` is its first group."""

    engines: tuple[str, ...]
    pattern: str
    reason: str
    precisions: tuple[str, ...] = ()  # the precisions it holds for; empty: all


# Messages of onnxruntime 1.31.1, onnxruntime-web 1.30.0, tract 0.23.9 and tractjs 0.4.0 (tract 0.15.2), November 2026.
REFUSALS = (
    Refusal(ORT, r"([\w.]+:\w+|\w+)\(-?\d+\) is not a registered function/op", NO_OPERATOR),
    Refusal(ORT, r"No Op registered for (\w+)", NO_OPERATOR),
    Refusal(ORT, r"Could not find an implementation for (\w+)", "{engine} has no operator {0} of this data type."),
    Refusal(ORT, r"Opset (\d+) is under development", "{engine} does not read opset {0}."),
    Refusal(TRACT, r"Unimplemented\((\w+)\)", NO_OPERATOR),
    Refusal(("tractjs",), r"No matrix multiplier for (\w+)", "{engine} has no matrix product of {0}."),
    Refusal(TRACT, r"(\w+) ToTypedTranslator.*(?:expected \S*F16 got \S*F32|tensor is F16, accessed as F32)",
            "{engine} has no operator {0} of float16: take fp16-weights."),
    Refusal(("ort-web-webgpu",), "requires f16 but the device does not support it",
            "{engine} needs shader-f16 for this file, which this WebGPU adapter lacks: take fp16-weights."),
    Refusal(("tractjs",), "Can not broadcast shapes",
            "{engine} cannot add a ConvInteger's zero points, and refuses the file: take int8.", ("int8-dynamic",)),
)  # fmt: skip


def known_refusal(engine: str, label: str, precision: str, message: str) -> str | None:
    """Return the reason why an engine refuses a file, None if its message is not a known refusal.

    Args:
        engine: key of wasm_check.engines.ENGINES.
        label: the engine's name and version in the reason.
        precision: the file's.
        message: the engine's own.
    """
    for row in REFUSALS:
        if engine in row.engines and (not row.precisions or precision in row.precisions):
            found = re.search(row.pattern, message, re.DOTALL)
            if found:
                return row.reason.format(*found.groups(), engine=label)
    return None
