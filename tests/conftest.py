"""What all tests share: the report's header, and skipping what the machine cannot run."""

import gc
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pytest

from kakitori.charset import Charset, get_charset

REPORTED = ("torch", "onnx", "onnxruntime", "numba", "playwright", "kanjivg")
ROOT = Path(__file__).parent.parent


def pytest_report_header() -> str:
    def installed(name: str) -> str:
        try:
            return version(name)
        except PackageNotFoundError:
            return "missing"

    return "libraries: " + ", ".join(f"{name} {installed(name)}" for name in REPORTED)


def pytest_configure() -> None:
    """Collect garbage less often: the imports allocate a million objects and free few, as do most tests."""
    gc.set_threshold(100_000, 50, 100)


@pytest.hookimpl(optionalhook=True)  # without pytest-xdist, nothing calls it
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give the tests of a folder to one worker: they share session fixtures and libraries that take seconds to load."""
    from xdist.scheduler import LoadScopeScheduling

    class FolderScheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.split("::", 1)[0]
            folder = file.rpartition("/")[0].removesuffix("/report")  # uses the exported model of tests/export
            return file if folder == "tests" else folder

    return FolderScheduling(config, log) if config.getvalue("dist") == "loadscope" else None


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


@pytest.fixture(scope="session")
def small_charset() -> Charset:
    """100 classes: the 71 hiragana and 29 kanji."""
    return get_charset("etl9g", 100)


@pytest.fixture(scope="session")
def digits(tmp_path_factory) -> Path:
    """A working folder in which scikit-learn's real handwritten digits were prepared, trained on and exported.

    It holds datasets/digits-32 and models/digits.
    """
    import torch

    from export.build import export_model
    from training.data.options import Options
    from training.data.prepare import prepare
    from training.fit.config import TrainConfig
    from training.fit.train import train

    folder, threads = tmp_path_factory.mktemp("digits"), torch.get_num_threads()
    model = Path("models/digits")
    config = TrainConfig(
        model, widths=(16, 24, 32, 48), dataset="digits", size=32, epochs=6, batch_size=64, device="cpu", workers=0
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        torch.set_num_threads(1)
        prepare("digits", Options(32), report=lambda line: None)
        train(config, report=lambda line: None)
        export_model(model, ["strict"], ["fp32", "int8"], report=lambda line: None)
        torch.set_num_threads(threads)
    return folder
