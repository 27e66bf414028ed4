import shutil
import subprocess
from pathlib import Path

import pytest

from training.fit import facts
from training.fit.facts import source_revision


@pytest.fixture
def checkout(tmp_path):
    """A git repository with one commit of this module."""
    shutil.copy(facts.__file__, tmp_path)
    for command in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "First"],
    ):
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True)
    return tmp_path


def test_a_clean_checkout_has_its_commit(checkout):
    head = subprocess.run(["git", "-C", str(checkout), "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    (checkout / "training_log.csv").touch()
    assert source_revision(checkout) == head.stdout.strip()


def test_modified_source_is_dirty(checkout):
    (checkout / "facts.py").write_text("# changed\n", encoding="utf-8")
    assert source_revision(checkout).endswith("-dirty")


def test_outside_a_checkout_there_is_no_revision(checkout, tmp_path_factory):
    assert source_revision(tmp_path_factory.mktemp("none")) is None
    subprocess.run(["git", "-C", str(checkout), "rm", "-q", "--cached", "facts.py"], check=True)
    assert source_revision(checkout) is None  # installed inside the checkout of another project


def test_without_git_there_is_no_revision(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert source_revision(Path(facts.__file__).parent) is None
