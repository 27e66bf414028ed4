"""Numba's cache follows every module that a compiled function uses: tried on a copy of the modules."""

import os
import shutil
import subprocess
import sys

import pytest

from training.ink import components, stroke
from training.ink.compiled import imported_names, source_digest

HELPER = """
from training.ink.compiled import compiled

@compiled
def doubled(x):
    return 2 * x
"""
SUBJECT = """
from training.ink.amounts import TREMOR
from training.ink.compiled import compiled
from training.ink.helper import doubled

@compiled
def subject(x):
    return doubled(x) + TREMOR.persistence
"""
RUN = """
from training.ink.subject import subject
print(subject(10.0), len(subject.stats.cache_hits))
"""


@pytest.fixture
def package(tmp_path, root):
    """A package with the project's amounts and cache, and a small function that uses two other modules."""
    folder = tmp_path / "training/ink"
    folder.mkdir(parents=True)
    for name in ("__init__", "compiled", "amounts"):
        shutil.copy(root / f"training/ink/{name}.py", folder)
    shutil.copy(root / "training/__init__.py", folder.parent)
    (folder / "helper.py").write_text(HELPER, encoding="utf-8")
    (folder / "subject.py").write_text(SUBJECT, encoding="utf-8")
    return tmp_path


def run_subject(package):
    """Return what the function returns in a new process, and whether its machine code came from the cache."""
    environment = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    # Python's own cache of byte code compares times in whole seconds.
    environment |= {"PYTHONPATH": str(package), "PYTHONDONTWRITEBYTECODE": "1"}
    run = subprocess.run(
        [sys.executable, "-c", RUN], env=environment, cwd=package, capture_output=True, text=True, check=True
    )
    value, hits = run.stdout.split()
    return float(value), bool(int(hits))


def edit(file, before, after):
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after), encoding="utf-8")


def test_machine_code_is_cached_until_a_used_module_changes(package):
    folder = package / "training/ink"
    assert run_subject(package) == (20.6, False)
    assert run_subject(package) == (20.6, True)
    edit(folder / "amounts.py", "persistence: float = 0.6", "persistence: float = 0.7")
    assert run_subject(package) == (20.7, False)
    edit(folder / "helper.py", "return 2 * x", "return 3 * x")
    assert run_subject(package) == (30.7, False)


def test_imports_of_the_project_are_followed():
    source = "import numpy\nimport training.a\nfrom training.b import c, d\nfrom math import pi\n"
    assert imported_names(source) == ["training.a", "training.b", "training.b.c", "training.b.d"]


def test_modules_with_different_imports_have_different_digests():
    assert source_digest(stroke.__file__) != source_digest(components.__file__)
