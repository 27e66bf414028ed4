import pytest
import torch

from training.ink.source import InkSource


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    """Compute with one thread: small networks run slower with several, above all on busy processors."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def source(small_charset) -> InkSource:
    """The ink source of 100 classes."""
    return InkSource(small_charset)
