"""A substitute for the first files of ETL9G, prepared with two workers: counts and memory."""

import subprocess
import sys

import numpy as np
import pytest

from tests.etl_files import SETS_PER_FILE, write_stand_in
from training.data.prepared import SPLITS, open_prepared

CLASSES = 3036
FEW, MANY = 2, 8  # files, of 50; each has 100 MB
# Peak memory may grow by this much from FEW to MANY files, whose images alone take 300 MB more.
GROWTH_BYTES = 60e6
# Prints, last, the peak memory in kB: this process's own, and twice that of the larger worker. (A process's ru_maxrss
# begins with that of the process it was forked from, so only the workers' is read.)
SCRIPT = """
import re, resource
from pathlib import Path
from training.data.etl.prepare import prepare_etl

if __name__ == "__main__":
    prepare_etl(Path("etl"), workers=2, skip_bad=True)  # the other files of the set are missing
    own = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
    print(own + 2 * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def peak_bytes(folder, files, root):
    """Prepare a substitute of so many files in `folder`; return the peak memory."""
    write_stand_in(folder / "etl", files)
    (folder / "measure.py").write_text(SCRIPT)
    result = subprocess.run([sys.executable, "measure.py"], cwd=folder, check=True, env={"PYTHONPATH": str(root)},
                            capture_output=True, text=True)  # fmt: skip
    return int(result.stdout.split()[-1]) * 1024


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's figures of the memory used")
def test_etl9g_is_prepared_in_an_amount_of_memory_that_does_not_grow_with_it(tmp_path, root):
    few, many = (peak_bytes(tmp_path / str(files), files, root) for files in (FEW, MANY))
    print(f"at most {few / 1e6:,.0f} and {many / 1e6:,.0f} MB")
    prepared = open_prepared(tmp_path / str(MANY) / "datasets" / "etl9g-64")
    sets = MANY * SETS_PER_FILE
    assert prepared.images.shape == (sets * CLASSES, 64, 64)
    assert set(prepared.metadata.class_counts) == {sets}
    assert sum(len(np.unique(prepared.writers[prepared.rows(split)])) for split in SPLITS) == sets
    assert many < few + GROWTH_BYTES < 1e9
