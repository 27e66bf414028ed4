"""What all tests share: the report's header, and skipping what the machine cannot run."""

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

REPORTED = ("torch", "onnx", "onnxruntime", "numba", "playwright", "kanjivg")
ROOT = Path(__file__).parent.parent


def pytest_report_header() -> str:
    def installed(name: str) -> str:
        try:
            return version(name)
        except PackageNotFoundError:
            return "missing"

    return "libraries: " + ", ".join(f"{name} {installed(name)}" for name in REPORTED)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    gpu = [item for item in items if item.get_closest_marker("gpu")]
    if gpu:
        import torch

        if not torch.cuda.is_available():
            for item in gpu:
                item.add_marker(pytest.mark.skip(reason="torch sees no CUDA device"))


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's folder."""
    return ROOT


@pytest.fixture(scope="session")
def shipped_model(root: Path) -> Path:
    """The model directory that git carries."""
    return root / "models" / "kanji"
