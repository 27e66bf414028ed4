"""The checks of `invoke lint`: ruff, mypy, eslint, tsc and actionlint. Every one runs, whatever the others find.

To add one, add a row to PYTHON_CHECKS, or a function to `further_checks`.
"""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from kakitori.errors import KakitoriError

ROOT = Path(__file__).parent
WORKFLOWS = ".github/workflows"


class FindingsError(KakitoriError):
    """A tool has findings, which it has printed."""


@dataclass(frozen=True)
class PythonCheck:
    """A command of a Python tool, and the one that mends its findings where the tool can."""

    name: str
    command: tuple[str, ...]
    fix: tuple[str, ...] = ()


PYTHON_CHECKS = (
    PythonCheck("ruff check", ("ruff", "check", "."), ("ruff", "check", "--fix", ".")),
    PythonCheck("ruff format", ("ruff", "format", "--check", "."), ("ruff", "format", ".")),
    PythonCheck("mypy", ("mypy",)),
)


def lint(fix: bool = False, root: Path = ROOT, quick: bool = False) -> list[str]:
    """Run every check, print its findings and then one line for each check; return the names of those with findings.

    Args:
        fix: let ruff mend what it can first.
        root: the folder that is checked.
        quick: run the checks of Python only.

    Raises:
        KakitoriError: if ruff or mypy is not installed.
    """
    summary: dict[str, str] = {}
    for name, check in [*python_checks(fix, root), *([] if quick else further_checks(root))]:
        print(f"— {name}", flush=True)
        try:
            check()
        except KakitoriError as problem:
            summary[name] = str(problem)
        else:
            summary[name] = ""
    print()
    for name, findings in summary.items():
        print(f"{name:<16} {findings or 'no findings'}")
    return [name for name, findings in summary.items() if findings]


def python_checks(fix: bool, root: Path) -> list[tuple[str, Callable[[], None]]]:
    """Return the name and the function of each row of PYTHON_CHECKS; a function raises FindingsError."""
    missing = [tool for tool in ("ruff", "mypy") if find_spec(tool) is None]
    if missing:
        raise KakitoriError(f'`invoke lint` needs {" and ".join(missing)}: python -m pip install -e ".[test]"')
    return [(row.name, partial(run_tool, row.fix if fix and row.fix else row.command, root)) for row in PYTHON_CHECKS]


def further_checks(root: Path) -> list[tuple[str, Callable[[], None]]]:
    """Return the name and the function of each check that npm brings; a function raises a KakitoriError."""
    from web.lint import lint_javascript, lint_workflows

    workflows = sorted((root / WORKFLOWS).glob("*.yml"))
    return [("eslint and tsc", lint_javascript), ("actionlint", partial(lint_workflows, workflows))]


def run_tool(command: tuple[str, ...], root: Path) -> None:
    """Run a tool of this Python's environment in a folder; its output goes to the terminal.

    Raises:
        FindingsError: if it finds something, or fails.
    """
    sys.stdout.flush()
    status = subprocess.run([sys.executable, "-m", *command], cwd=root, check=False).returncode
    if status:
        raise FindingsError(f"{command[0]} has findings, printed above (exit status {status}).")
