"""The README's promises against the code."""

import re

import pytest

SETUP = 'python -m pip install -e ".[train]" && invoke export --backend strict site'
TESTS = 'python -m pip install -e ".[test]" && invoke test --install-browsers'


@pytest.fixture(scope="module")
def readme(root):
    return (root / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", [SETUP, TESTS])
def test_the_two_commands_stand_in_the_readme(readme, command):
    assert f"\n    {command}\n" in readme


def test_ci_runs_the_second_command_word_for_word(root):
    assert TESTS in (root / ".ci" / "run").read_text(encoding="utf-8").splitlines()


def test_every_task_is_in_the_readme(readme):
    import tasks

    for name in tasks.ns.task_names:
        assert f"| `invoke {name}` |" in readme


def test_the_tables_are_those_of_the_measured_files(readme, shipped_model):
    from export.report import make_tables, replace_tables

    assert replace_tables(readme, make_tables(shipped_model)) == readme


def test_linked_files_exist(readme, root):
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", readme):
        assert (root / target).exists(), target
