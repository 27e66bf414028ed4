"""The npm packages of `package-lock.json`, installed where they are missing or differ from it.

npm runs no install scripts: only files are copied out of the packages.
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
CLEAN_INSTALL = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")


def integrities(lock: dict[str, Any]) -> dict[str, str]:
    """Return {folder: integrity hash} of the packages in a lock file (version 3), without the project itself."""
    return {folder: row.get("integrity", "") for folder, row in lock["packages"].items() if folder}


def is_installed(web_dir: Path) -> bool:
    """Return whether `node_modules` was installed from this lock file, and has every package."""
    try:
        installed = json.loads((web_dir / INSTALLED_FILE).read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return False
    wanted = integrities(json.loads((web_dir / LOCK_FILE).read_text(encoding="utf-8")))
    return integrities(installed) == wanted and all((web_dir / folder).is_dir() for folder in wanted)


def ensure_packages(web_dir: Path = WEB_DIR) -> Path:
    """Install the locked packages where they are missing or different; return their folder.

    Raises:
        KakitoriError: if npm is missing or fails; the message ends with the end of npm's own.
    """
    if not is_installed(web_dir):
        result = subprocess.run(
            [*npm_command(), *CLEAN_INSTALL], cwd=web_dir, capture_output=True, text=True, encoding="utf-8"
        )
        if result.returncode != 0:
            words = " ".join((result.stderr or result.stdout).split())[-600:]
            raise PackagesError(
                f"`npm ci` in {str(web_dir)!r} ended with status {result.returncode}: check the network connection and "
                f"run it again. npm wrote: {words}"
            )
    return web_dir / "node_modules"
