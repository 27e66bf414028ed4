"""The tiny classifier, and a listener that records a runner's events."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.wasm_check.tiny import INPUTS, WEIGHTS, make_subject, write_classifier
from wasm_check.job import Subject, Suite


class Heard:
    """A runner's listener that records the events."""

    def __init__(self) -> None:
        self.facts: dict[str, Any] = {}
        self.reason = ""
        self.results: dict[str, dict[str, Any]] = {}
        self.logits: dict[str, np.ndarray] = {}

    def engine(self, facts):
        self.facts = facts

    def unavailable(self, reason):
        self.reason = reason

    def start(self, key):
        """Overridden by tests that do something then."""

    def done(self, key, result):
        self.results[key] = result
        if "logits" in result:
            self.logits[key] = np.load(result["logits"])


@pytest.fixture
def heard():
    """A fresh listener."""
    return Heard()


@pytest.fixture
def classifier(tmp_path) -> Path:
    """The tiny classifier's file."""
    return write_classifier(tmp_path / "tiny.onnx")


@pytest.fixture(scope="session")
def suite() -> Suite:
    """The tiny classifier's inputs and right answers; the last two are odd."""
    return Suite("tiny", INPUTS, INPUTS.reshape(len(INPUTS), -1) @ WEIGHTS, len(INPUTS) - 2, "numpy")


@pytest.fixture
def subject(classifier) -> Subject:
    """The tiny classifier."""
    return make_subject(classifier)
