import pytest

from training.charset import Charset, get_charset
from training.data.ink import InkSource


@pytest.fixture(scope="session")
def small_charset() -> Charset:
    """100 classes: the 71 hiragana and 29 kanji."""
    return get_charset("etl9g", 100)


@pytest.fixture(scope="session")
def source(small_charset) -> InkSource:
    return InkSource(small_charset)
