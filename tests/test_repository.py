"""The files in git: no links, no ignored files, no absolute paths of a machine; a task runs in a clone."""

import os
import re
import subprocess
import sys

import pytest

LINK_MODE = "120000"
# Absolute paths below folders that exist on one machine only; paths of URLs and of repositories do not match.
MACHINE_PATH = re.compile(r"(?<![\w./:])/(?:work|tmp|root|home/\w+|Users/\w+)/[\w.-]+")
THIS_FILE = "tests/test_repository.py"


@pytest.fixture(scope="module")
def git(root):
    """Run git in the repository; skip where this is no checkout."""

    def run(*arguments):
        return subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=True).stdout

    try:
        run("rev-parse", "--git-dir")
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is no git checkout")
    return run


def test_git_holds_no_symbolic_link(git):
    entries = [line.split("\t") for line in git("ls-files", "--stage", "-z").split("\0") if line]
    assert [path for facts, path in entries if facts.startswith(LINK_MODE)] == []


def test_git_holds_no_ignored_file(git):
    assert git("ls-files", "--cached", "--ignored", "--exclude-standard") == ""


def test_no_file_in_git_holds_a_path_of_one_machine(git, root):
    found = {}
    for name in git("ls-files", "-z").split("\0"):
        if name in ("", THIS_FILE) or not (root / name).is_file():
            continue
        try:
            text = (root / name).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        if match := MACHINE_PATH.search(text):
            found[name] = match.group()
    assert found == {}


@pytest.mark.parametrize("path", ["/work/a", "/tmp/a", "/root/a", "/home/someone/a", "/Users/someone/a"])
def test_a_path_of_one_machine_is_recognised(path):
    assert MACHINE_PATH.search(f'"{path}"')
    assert not MACHINE_PATH.search(f"https://example.org{path} src{path}")


@pytest.mark.slow
def test_data_can_be_prepared_in_a_fresh_clone(git, root, tmp_path):
    clone = tmp_path / "clone"
    git("clone", "--quiet", "--depth", "1", f"file://{root}", str(clone))
    environment = os.environ | {"PYTHONPATH": f"{clone}{os.pathsep}{clone / 'wasm-check'}"}
    command = [sys.executable, "-m", "invoke", "data", "--source", "digits", "--size", "32"]
    result = subprocess.run(command, cwd=clone, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert "datasets/digits-32: 1,797 images of 10 classes" in result.stdout
    assert (clone / "datasets" / "digits-32" / "metadata.json").is_file()
    status = subprocess.run(["git", "status", "--porcelain"], cwd=clone, capture_output=True, text=True, check=True)
    assert status.stdout == ""
