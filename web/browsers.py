"""The browsers that the project is tested in: where each is found, and how a missing one is installed."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from glob import glob
from pathlib import Path

from kakitori.errors import KakitoriError, check_choice

APT = ("apt-get", "install", "-y", "--no-install-recommends")


@dataclass(frozen=True)
class Browser:
    """A browser, and the programs that running it needs.

    Each program is a list of alternatives, names or patterns of paths; the first that exists is used.
    """

    name: str
    label: str
    programs: tuple[tuple[str, ...], ...]
    packages: tuple[str, ...]  # of Debian
    downloads: bool = False  # whether Playwright can download it where there are no Debian packages

    def find(self) -> list[str] | None:
        """Return the paths of its programs in order, or None if one is missing."""
        found = [next(filter(None, map(_locate, names)), None) for names in self.programs]
        paths = [path for path in found if path is not None]
        return paths if len(paths) == len(found) else None

    @property
    def missing(self) -> str:
        """The sentence that says that it is missing, with the command that installs it."""
        return f"{self.label} is not on this machine: {' '.join((*APT, *self.packages))}"


BROWSERS = {
    row.name: row
    for row in (
        Browser("chromium", "Chromium", (("chromium", "chromium-browser", "google-chrome"),),
                # WebGPU runs on Mesa's software Vulkan where there is no graphics card.
                ("chromium", "mesa-vulkan-drivers"), downloads=True),
        Browser("firefox", "Firefox", (("firefox-esr", "firefox"),), ("firefox-esr",)),
        Browser("webkit", "WebKitGTK", (
            ("WebKitWebDriver",),
            ("/usr/lib/*/webkit2gtk-4.*/MiniBrowser", "/usr/libexec/webkit2gtk-4.*/MiniBrowser"),
            ("Xvfb",),  # WebKitGTK has no headless mode
        ), ("webkit2gtk-driver", "xvfb", "libgl1-mesa-dri")),
    )
}  # fmt: skip


def _locate(name: str) -> str | None:
    """Return the path of a program on the PATH, or the last one that a pattern of paths matches."""
    return shutil.which(name) if Path(name).name == name else max(glob(name), default=None)


def get_browser(name: str) -> Browser:
    """Return a browser's row.

    Raises:
        KakitoriError: for an unknown name, listing the known ones.
    """
    return BROWSERS[check_choice("browser", name, BROWSERS)]


def install_browsers(names: Iterable[str]) -> None:
    """Install the missing browsers: from Debian's packages as root, or else by Playwright's download.

    Raises:
        KakitoriError: if a command fails, or one cannot be installed on this machine.
    """
    missing = [browser for browser in map(get_browser, names) if browser.find() is None]
    if not missing:
        return
    if shutil.which("apt-get") and os.geteuid() == 0:
        commands = [("apt-get", "update"), (*APT, *(package for row in missing for package in row.packages))]
    elif all(browser.downloads for browser in missing):
        commands = [(sys.executable, "-m", "playwright", "install", *(browser.name for browser in missing))]
    else:
        raise KakitoriError(f"{missing[0].missing} (as root), or leave it out.")
    for command in commands:
        print("Running:", " ".join(command), flush=True)
        if subprocess.run(command, check=False, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}).returncode:
            raise KakitoriError(f"{' '.join(command)} failed: install the browsers by hand, then run this again.")
