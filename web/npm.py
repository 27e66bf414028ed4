"""The npm packages of `package-lock.json`, installed where they are missing or differ from it.

The packages of development, which check the JavaScript, are installed on demand; a site never needs them. npm runs no
install scripts: only files are copied out of the packages.
"""

import json
import subprocess
from pathlib import Path
from typing import Any

from kakitori.npm import npm_command
from web.errors import PackagesError

WEB_DIR = Path(__file__).parent
LOCK_FILE = "package-lock.json"
INSTALLED_FILE = "node_modules/.package-lock.json"  # npm writes it last, so it exists after a complete install only
FLAGS = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
INSTALL_SITE = ("ci", "--omit=dev")
# `npm ci` would first remove the packages of the site, which are then missing where npm cannot reach the registry.
ADD_DEVELOPMENT = ("install", "--no-save")


def integrities(lock: dict[str, Any], *, development: bool = True) -> dict[str, str]:
    """Return {folder: integrity hash} of the packages in a lock file (version 3), without the project itself.

    Args:
        development: whether to include those that only `devDependencies` need.
    """
    rows = {folder: row for folder, row in lock["packages"].items() if folder}
    return {folder: row.get("integrity", "") for folder, row in rows.items() if development or not row.get("dev")}


def is_installed(web_dir: Path, *, development: bool = False) -> bool:
    """Return whether `node_modules` has every package of this lock file, those of development only if asked for."""
    try:
        installed = json.loads((web_dir / INSTALLED_FILE).read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return False
    lock = json.loads((web_dir / LOCK_FILE).read_text(encoding="utf-8"))
    wanted = integrities(lock, development=development)
    return wanted.items() <= integrities(installed).items() and all((web_dir / folder).is_dir() for folder in wanted)


def ensure_packages(web_dir: Path = WEB_DIR, *, development: bool = False) -> Path:
    """Install the locked packages where they are missing or different; return their folder.

    Args:
        development: whether to install those of development too. Packages that are installed stay as long as no package
            that is asked for is missing or different.

    Raises:
        KakitoriError: if npm is missing or fails; the message ends with the end of npm's own.
    """
    if not is_installed(web_dir, development=development):
        install = ADD_DEVELOPMENT if development else INSTALL_SITE
        command = [*npm_command(), *install, *FLAGS]
        result = subprocess.run(command, cwd=web_dir, capture_output=True, text=True, encoding="utf-8")
        if result.returncode != 0:
            words = " ".join((result.stderr or result.stdout).split())[-600:]
            raise PackagesError(
                f"`npm {install[0]}` in {str(web_dir)!r} ended with status {result.returncode}: check the network "
                f"connection and run it again. npm wrote: {words}"
            )
    return web_dir / "node_modules"
