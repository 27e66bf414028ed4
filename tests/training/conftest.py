import pytest
import torch

from training.ink.source import InkSource


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    """Networks this small only lose by threads, and lose most where other work waits for the same processors."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def source(small_charset) -> InkSource:
    return InkSource(small_charset)
