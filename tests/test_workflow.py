"""The workflow of GitHub Actions against the README and pyproject.toml; `invoke lint` checks its syntax."""

import re
import tomllib

import pytest


@pytest.fixture(scope="module")
def workflow(root):
    return (root / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")


def test_it_runs_the_two_commands_of_the_readme_word_for_word(workflow, root):
    readme = (root / "README.md").read_text(encoding="utf-8")
    commands = re.findall(r"^ +run: (.* && .*)$", workflow, re.MULTILINE)
    assert len(commands) == 2
    for command in commands:
        assert f"\n    {command}\n" in readme


def test_it_installs_the_pinned_torch(workflow, root):
    extras = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert re.search(r"TORCH: (torch==\S+)", workflow)[1] in extras["train"]


def test_it_begins_with_the_oldest_python(workflow, root):
    oldest = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"]
    assert re.search(r'python: \["([\d.]+)"', workflow)[1] == oldest.removeprefix(">=")
