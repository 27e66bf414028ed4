"""What is run: ONNX files, and for each set of inputs the answers they should give. Plain data, no engine."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Subject:
    """One ONNX file with one input and one output."""

    name: str
    path: Path
    input_name: str
    output_name: str
    precision: str  # key of wasm_check.judge.LIMITS
    suite: str  # name of the Suite whose inputs it gets
    facts: dict[str, Any]  # for the report: backend, pooling, opset, bytes, sha256

    @property
    def key(self) -> str:
        """A name that is unique among models too: several have a `strict.fp32`."""
        return f"{self.suite}:{self.name}"


@dataclass(frozen=True)
class Suite:
    """Inputs and the answers expected; `common` of the inputs come first and are ordinary, the rest are odd."""

    name: str
    inputs: np.ndarray  # (N, …) float32
    expected: np.ndarray  # (N, K) float32 logits
    common: int
    source: str  # whose answers they are: "torch 2.13.0"
    labels: np.ndarray | None = None  # (N,) int64, where top-1 accuracy is wanted too
