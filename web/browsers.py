"""The browsers that the project is proven in: where each is found, and how one is installed that is missing."""

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
    """A browser; `programs` are all needed, each the first found of several names or patterns of paths."""

    name: str
    label: str
    programs: tuple[tuple[str, ...], ...]
    packages: tuple[str, ...]  # Debian's
    downloads: bool = False  # whether Playwright's own download serves where there are no Debian packages

    def find(self) -> list[str] | None:
        """Return the paths of its programs in order, or None if one is missing."""
        found = [next(filter(None, map(_locate, names)), None) for names in self.programs]
        return None if None in found else found

    @property
    def missing(self) -> str:
        """The sentence for a machine that does not have it."""
        return f"{self.label} is not on this machine: {' '.join((*APT, *self.packages))}"


BROWSERS = {
    row.name: row
    for row in (
        Browser("chromium", "Chromium", (("chromium", "chromium-browser", "google-chrome"),),
                # Mesa's software Vulkan is what WebGPU runs on where there is no graphics card.
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


def find_chromium() -> str | None:
    """Return the path of the system's Chromium, or None (Playwright then starts its own, if it was downloaded)."""
    return next(iter(BROWSERS["chromium"].find() or []), None)


def install_browsers(names: Iterable[str]) -> None:
    """Install the browsers that are missing: from Debian's packages as root, else as Playwright's own download.

    Raises:
        KakitoriError: if a command fails, or there is no way here to install one.
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
