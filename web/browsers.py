"""Find a browser to test with, and install one where there is none."""

import os
import shutil
import subprocess
import sys

from training.errors import KakitoriError

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
APT = ("apt-get", "install", "-y", "--no-install-recommends", "chromium")


def find_chromium() -> str | None:
    """Return the path of the system's Chromium, or None (Playwright then starts its own, if it was downloaded)."""
    return next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


def install_chromium() -> None:
    """Install Chromium unless there is one: from Debian's packages as root, else as Playwright's own download.

    Raises:
        KakitoriError: if the command fails.
    """
    if find_chromium():
        return
    if shutil.which("apt-get") and os.geteuid() == 0:
        commands = [("apt-get", "update"), APT]
    else:
        commands = [(sys.executable, "-m", "playwright", "install", "chromium")]
    for command in commands:
        print("Running:", " ".join(command), flush=True)
        if subprocess.run(command, check=False, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}).returncode:
            raise KakitoriError(f"{' '.join(command)} failed: install Chromium by hand, then run the tests again.")
