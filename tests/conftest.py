"""What all tests share: the report's header, and skipping what the machine cannot run."""

import gc
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

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
    gc.disable()  # the imports of the collection allocate a million objects and free few of them


def pytest_collection_finish() -> None:
    """Exempt what is imported by now from garbage collection, which otherwise visits it again and again."""
    gc.freeze()
    gc.enable()


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
