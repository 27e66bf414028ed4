"""Start each browser with the probe page, which runs by itself.

To add a browser, add a row to `web.browsers.BROWSERS` and a function here.
"""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

from wasm_check.errors import Unavailable
from web.browsers import get_browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

# WebGPU is behind a flag on Linux; without a graphics card it runs on Mesa's software Vulkan.
CHROMIUM_FLAGS = ("--enable-unsafe-webgpu", "--enable-features=Vulkan", "--disable-background-networking")
XVFB = ("Xvfb", "-displayfd", "1", "-screen", "0", "1280x1024x24", "-nolisten", "tcp")


@dataclass(frozen=True)
class OpenBrowser:
    """A running browser."""

    open: Callable[[str], object]
    check: Callable[[], object]  # raises if the browser or the page has died

    def memory(self) -> int | None:
        """Return the bytes that the browser's processes use alone; None where they cannot be read."""
        total = 0
        for process in psutil.Process().children(recursive=True):
            try:
                total += process.memory_full_info().uss
            except psutil.NoSuchProcess:
                continue
            except psutil.AccessDenied:
                return None
        return total


def open_browser(name: str) -> AbstractContextManager[OpenBrowser]:
    """Start a browser with an empty page; it ends with the block.

    Raises:
        Unavailable: if it is not on this machine, saying how to get it.
    """
    browser = get_browser(name)
    programs = browser.find()
    if programs is None and not browser.downloads:
        raise Unavailable(browser.missing)
    return STARTERS[name](programs or [])


@contextmanager
def _playwright(name: str, launch: "Callable[[Playwright], Browser]") -> Iterator[OpenBrowser]:
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        try:
            browser = launch(playwright)
        except Error as problem:
            if "Executable doesn't exist" in problem.message:
                raise Unavailable(get_browser(name).missing) from problem
            raise
        page = browser.new_page()
        deaths: list[str] = []
        page.on("crash", lambda _: deaths.append("the page crashed"))
        browser.on("disconnected", lambda _: deaths.append("the browser died"))

        def check() -> None:
            if not deaths:
                page.wait_for_timeout(1)  # lets Playwright handle its events
            if deaths:
                raise RuntimeError(deaths[0])

        yield OpenBrowser(lambda url: page.goto(url, wait_until="commit"), check)
        browser.close()


def _chromium(programs: list[str]) -> AbstractContextManager[OpenBrowser]:
    """The system's Chromium, otherwise the one that Playwright downloaded."""
    path = next(iter(programs), None)
    return _playwright("chromium", lambda p: p.chromium.launch(executable_path=path, args=list(CHROMIUM_FLAGS)))


def _firefox(programs: list[str]) -> AbstractContextManager[OpenBrowser]:
    """The stock binary, through WebDriver BiDi. Playwright 1.64.0 does; 1.65.2 fails in `new_page`."""
    return _playwright("firefox", lambda p: p.firefox.launch(channel="moz-firefox", executable_path=programs[0]))


@contextmanager
def _webkit(programs: list[str]) -> Iterator[OpenBrowser]:
    """MiniBrowser on a virtual display: WebKitGTK needs one."""
    from selenium import webdriver
    from selenium.webdriver.webkitgtk.service import Service

    driver, mini_browser, _ = programs
    with subprocess.Popen(XVFB, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as display:
        try:
            number = display.stdout.readline().strip() if display.stdout else ""
            environment = os.environ | {"DISPLAY": f":{number}", "GDK_BACKEND": "x11"}
            options = webdriver.WebKitGTKOptions()
            options.binary_location = mini_browser
            options.add_argument("--automation")
            browser = webdriver.WebKitGTK(options, service=Service(driver, env=environment))
            try:
                yield OpenBrowser(browser.get, lambda: browser.title)
            finally:
                browser.quit()
        finally:
            display.terminate()


STARTERS: dict[str, Callable[[list[str]], AbstractContextManager[OpenBrowser]]] = {
    "chromium": _chromium,
    "firefox": _firefox,
    "webkit": _webkit,
}
