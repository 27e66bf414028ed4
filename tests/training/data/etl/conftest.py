"""The files of a small ETL9G."""

import numpy as np
import pytest

from tests import etl_files
from tests.training.data.etl.small import ETL9, PER_FILE, WRITER_SET


@pytest.fixture(scope="module")
def images(source):
    """Levels (40, 127, 128) of the first five hiragana, eight times."""
    return etl_files.draw(source, np.arange(2 * PER_FILE) % WRITER_SET, "9G", seed=5)


@pytest.fixture
def etl(tmp_path, monkeypatch, images):
    """A folder with both files of the small ETL9G; sets are prepared beside it."""
    monkeypatch.chdir(tmp_path)
    for file in range(2):
        part = slice(file * PER_FILE, (file + 1) * PER_FILE)
        codes = [int(ETL9.jis(n % WRITER_SET), 16) for n in range(PER_FILE)]
        path = tmp_path / "etl" / f"ETL9G_{file + 1:02d}"
        path.parent.mkdir(exist_ok=True)
        etl_files.write_etl9g(path, np.array(codes), images[part], first_sheet=1)
    return tmp_path / "etl"
