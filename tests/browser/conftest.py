"""Chromium on the built site, and functions that draw on it.

The site is built from models/kanji, or from the directory that $KAKITORI_TEST_MODEL names, and served below /demo/ with
the strict policy. Every page fails its test if the browser's console shows a warning or an error, a script fails, or
a request goes to another origin.
"""

import os
from collections.abc import Callable
from importlib.metadata import distribution
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from training.ink.kanjivg import parse_strokes
from web.browsers import BROWSERS
from web.build import build_site
from web.serve import running_server

MODEL = Path(os.environ.get("KAKITORI_TEST_MODEL", "models/kanji"))
# Not https and not localhost, so not a secure page: no hashes and no service worker there.
INSECURE_HOST = "kakitori.test"
LOAD_MS = 60_000  # a cold start of the engine on a busy machine


def pytest_collection_modifyitems(items):
    """Mark every test in this folder as a browser test."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def model_dir() -> Path:
    """The model directory that is tested."""
    return MODEL


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    """The site of the shipped model."""
    out = tmp_path_factory.mktemp("site") / "dist"
    build_site([MODEL], out)
    return out


@pytest.fixture(scope="session")
def address(site):
    """The address of the served site, below a prefix."""
    with running_server(site, "/demo/") as url:
        yield url


@pytest.fixture(scope="session")
def browser():
    """Debian's Chromium, another one on the PATH, or Playwright's own."""
    with sync_playwright() as playwright:
        path = next(iter(BROWSERS["chromium"].find() or []), None)
        chromium = playwright.chromium.launch(
            executable_path=path, args=[f"--host-resolver-rules=MAP {INSECURE_HOST} 127.0.0.1"]
        )
        yield chromium
        chromium.close()


class Watch:
    """The errors of a page. `allowed` holds parts of messages that a test provokes."""

    def __init__(self, page: Page, origin: str):
        self.problems: list[str] = []
        self.allowed: list[str] = []
        page.on(
            "console",
            lambda message: (
                self._note(f"console {message.type}: {message.text}") if message.type in ("warning", "error") else None
            ),
        )
        page.on("pageerror", lambda error: self._note(f"page error: {error}"))
        page.context.on(
            "request",
            lambda request: None if request.url.startswith(origin) else self._note(f"foreign request: {request.url}"),
        )

    def _note(self, problem: str) -> None:
        self.problems.append(problem)

    def check(self) -> None:
        """Fail if there was an error that the test did not provoke."""
        unexpected = [problem for problem in self.problems if not any(part in problem for part in self.allowed)]
        assert unexpected == []


@pytest.fixture
def open_page(browser: Browser, address: str):
    """Return a function that opens the site in a new context and waits until its model is loaded."""
    opened: list[tuple[Page, Watch]] = []

    def open_it(
        url: str = address, ready: bool = True, prepare: Callable[[Page], None] = lambda page: None, **options
    ) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}} | options)
        page = context.new_page()
        page.watch = Watch(page, url.split("/demo/")[0])
        opened.append((page, page.watch))
        prepare(page)
        page.goto(url)
        if ready:
            page.wait_for_selector("html[data-state=ready]", timeout=LOAD_MS)
        return page

    yield open_it
    for page, watch in opened:
        page.context.close()
        watch.check()


@pytest.fixture(scope="session")
def shared_page(browser: Browser, address: str):
    """One page for the tests that restore its state: a cold start of the engine takes seconds."""
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.watch = Watch(page, address.split("/demo/")[0])
    page.goto(address)
    page.wait_for_selector("html[data-state=ready]", timeout=LOAD_MS)
    yield page
    page.context.close()


@pytest.fixture
def page(shared_page: Page):
    """The shared page without ink and text."""
    shared_page.locator("#line").fill("")
    shared_page.locator("#pad").focus()
    shared_page.keyboard.press("Escape")
    yield shared_page
    shared_page.watch.check()


@pytest.fixture(scope="session")
def strokes_of() -> Callable[[str], list]:
    """Return a function from a character to its KanjiVG strokes in the unit square."""
    folder = Path(str(distribution("kanjivg").locate_file("kanji")))
    return lambda character: [s.points.tolist() for s in parse_strokes(folder / f"{ord(character):05x}.svg")]


@pytest.fixture(scope="session")
def write(strokes_of) -> Callable[[Page, str], None]:
    """Return a function that draws a character on the pad with the mouse."""

    def write_it(page: Page, character: str) -> None:
        box = page.locator("#pad").bounding_box()
        for stroke in strokes_of(character):
            points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
            page.mouse.move(*points[0])
            page.mouse.down()
            for point in points[1:]:
                page.mouse.move(*point)
            page.mouse.up()

    return write_it
