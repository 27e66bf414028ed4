"""The library's pure modules in node, their constants, and the syntax of every script of the site."""

import importlib
import re
from pathlib import Path

import pytest

STATIC = Path("web/static")
SCRIPTS = sorted(path.as_posix() for path in STATIC.rglob("*.js"))
# Scripts of `shared`, each with a module of the same name in kakitori/.
MIRRORED = ("candidates", "confidence", "homoglyphs", "illumination", "ink", "picture", "speckle", "strokes")
# Words that may not occur in the scripts of a folder: `shared` runs in pages, workers and node.
FORBIDDEN = {"shared": ("document", "postMessage", "ort."), "worker": ("document",)}


def test_the_pure_modules_pass_their_node_tests(run_node):
    run_node("--test", "--test-reporter=spec", "tests/web/library.test.mjs")


@pytest.mark.parametrize("name", MIRRORED)
def test_shared_scripts_have_the_constants_of_the_python_module_that_they_mirror(name):
    script = (STATIC / "kakitori" / "shared" / f"{name}.js").read_text(encoding="utf-8")
    assert f"irrors kakitori/{name}.py" in script
    constants = re.findall(r"[A-Z][A-Z_]+", " ".join(re.findall(r"^const (.*?) =", script, re.MULTILINE)))
    missing = set(constants) - set(dir(importlib.import_module(f"kakitori.{name}")))
    assert not missing


@pytest.mark.parametrize("script", SCRIPTS)
def test_scripts_parse(run_node, script):
    run_node("--check", script)


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_scripts_use_no_name_of_another_thread(folder):
    paths = list((STATIC / "kakitori" / folder).glob("*.js"))
    assert paths
    for path in paths:
        code = "\n".join(
            line
            for line in path.read_text(encoding="utf-8").splitlines()
            if not line.lstrip().startswith(("*", "/*", "//"))
        )
        for word in FORBIDDEN[folder]:
            assert word not in code, f"{path} uses {word}"
