"""A stand-in for the whole of ETL9G, 5 GB, through the task that users type."""

import resource
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest

from tests.etl_files import write_stand_in
from training.data.prepared import SPLITS, open_prepared

WORKERS = 2


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_whole_of_etl9g_is_prepared_in_less_than_a_gigabyte_of_memory(tmp_path, root):
    if shutil.disk_usage(tmp_path).free < 10 << 30:
        pytest.skip("needs 10 GiB of disk")
    write_stand_in(tmp_path / "etl")
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "invoke", "--search-root", root, "data", "--source", "etl", "--etl-dir", "etl",
         "--workers", str(WORKERS)],
        cwd=tmp_path, check=True, env={"PYTHONPATH": str(root)},
    )  # fmt: skip
    seconds = time.perf_counter() - start
    # In kB, of the largest process; none is larger than the one that was started and each of its workers.
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 * (1 + WORKERS)
    print(f"{607_200 / seconds:,.0f} records/s, at most {peak / 1e6:,.0f} MB")
    prepared = open_prepared(tmp_path / "datasets" / "etl9g-64")
    assert prepared.images.shape == (607_200, 64, 64)
    assert set(prepared.metadata["class_counts"]) == {200}
    for split, sets in zip(SPLITS, (160, 20, 20), strict=True):
        rows = prepared.rows(split)
        assert len(np.unique(prepared.writers[rows])) == sets
        assert set(np.bincount(prepared.labels[rows])) == {sets}
    assert peak < 1e9
    shutil.rmtree(tmp_path)
