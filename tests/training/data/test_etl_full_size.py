"""A substitute for the whole of ETL9G, 5 GB, prepared with two workers: counts and memory."""

import shutil
import subprocess
import sys
import time

import numpy as np
import pytest

from tests.etl_files import write_stand_in
from training.data.prepared import SPLITS, open_prepared

# Prints, last, the peak memory in kB: this process's own, and twice that of the larger worker. (A process's ru_maxrss
# begins with that of the process it was forked from, so only the workers' is read.)
SCRIPT = """
import re, resource
from pathlib import Path
from training.data.etl.prepare import prepare_etl

if __name__ == "__main__":
    prepare_etl(Path("etl"), workers=2)
    own = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
    print(own + 2 * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's figures of the memory used")
def test_the_whole_of_etl9g_is_prepared_in_less_than_a_gigabyte_of_memory(tmp_path, root):
    if shutil.disk_usage(tmp_path).free < 10 << 30:
        pytest.skip("needs 10 GiB of disk")
    write_stand_in(tmp_path / "etl")
    (tmp_path / "measure.py").write_text(SCRIPT)
    start = time.perf_counter()
    printed = subprocess.run([sys.executable, "measure.py"], cwd=tmp_path, check=True, env={"PYTHONPATH": str(root)},
                             capture_output=True, text=True).stdout  # fmt: skip
    seconds, peak = time.perf_counter() - start, int(printed.split()[-1]) * 1024
    print(f"{607_200 / seconds:,.0f} records/s, at most {peak / 1e6:,.0f} MB")
    prepared = open_prepared(tmp_path / "datasets" / "etl9g-64")
    assert prepared.images.shape == (607_200, 64, 64)
    assert set(prepared.metadata.class_counts) == {200}
    for split, sets in zip(SPLITS, (160, 20, 20), strict=True):
        rows = prepared.rows(split)
        assert len(np.unique(prepared.writers[rows])) == sets
        assert set(np.bincount(prepared.labels[rows])) == {sets}
    assert peak < 1e9
    shutil.rmtree(tmp_path)
