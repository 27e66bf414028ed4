"""The library's pure parts, and that every script of the site is well-formed."""

from pathlib import Path

import pytest

STATIC = Path("web/static")
SCRIPTS = sorted(path.as_posix() for path in STATIC.rglob("*.js"))
# What may be used where: folder = thread. `shared` runs in node too.
FORBIDDEN = {"shared": ("document", "postMessage", "ort."), "worker": ("document",)}


def test_pure_parts(run_node):
    run_node("--test", "--test-reporter=spec", "tests/web/library.test.mjs")


@pytest.mark.parametrize("script", SCRIPTS)
def test_scripts_parse(run_node, script):
    run_node("--check", script)


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_threads_are_kept_apart(folder):
    for path in (STATIC / "kakitori" / folder).glob("*.js"):
        code = "\n".join(line for line in path.read_text(encoding="utf-8").splitlines()
                         if not line.lstrip().startswith(("*", "/*", "//")))
        for word in FORBIDDEN[folder]:
            assert word not in code, f"{path} uses {word}"
