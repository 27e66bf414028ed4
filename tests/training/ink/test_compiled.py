"""Numba's cache follows every module that a compiled function uses: tried on a copy of the modules."""

import importlib
import os
import shutil
import subprocess
import sys

import pytest

from training.ink import compiled, components, stroke
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


@pytest.mark.slow
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


@pytest.fixture
def imported(tmp_path, monkeypatch):
    """Import three modules, of which the first uses the second, and that the third; return the paths by name."""
    sources = {"first": "from chained.second import x", "second": "import chained.third\nx = 1", "third": "y = 1"}
    (tmp_path / "chained").mkdir()
    (tmp_path / "chained" / "__init__.py").write_text("")
    paths = {name: tmp_path / "chained" / f"{name}.py" for name in sources}
    for name, path in paths.items():
        path.write_text(sources[name], encoding="utf-8")
    monkeypatch.setattr(compiled, "PROJECT", ("chained",))
    monkeypatch.syspath_prepend(tmp_path)
    importlib.import_module("chained.first")
    yield paths
    for name in [name for name in sys.modules if name.split(".")[0] == "chained"]:
        del sys.modules[name]


@pytest.mark.parametrize(("changed", "matters"), [("first", True), ("second", True), ("third", True), (None, False)])
def test_the_digest_changes_with_every_module_that_is_used(imported, changed, matters):
    digest = source_digest.__wrapped__  # without its cache
    before = digest(str(imported["first"]))
    if changed:
        imported[changed].write_text(imported[changed].read_text() + "\nz = 2", encoding="utf-8")
    assert (digest(str(imported["first"])) != before) == matters


def test_a_module_that_is_not_used_does_not_change_the_digest(imported):
    digest = source_digest.__wrapped__
    before = digest(str(imported["third"]))
    imported["first"].write_text("z = 3", encoding="utf-8")
    assert digest(str(imported["third"])) == before


def test_machine_code_is_stamped_with_the_digest():
    assert components.normalise._cache._impl.locator.get_source_stamp() == source_digest(components.__file__)


def test_modules_with_different_imports_have_different_digests():
    assert source_digest(stroke.__file__) != source_digest(components.__file__)
