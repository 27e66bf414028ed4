"""The page of a model of another charset: digits, trained on real handwriting."""

import re

import pytest
from playwright.sync_api import expect

from web.build import build_site
from web.serve import running_server

FIRST = "#board li:first-child .card"


@pytest.fixture(scope="module")
def digits_address(digits, tmp_path_factory):
    """The address of the digits' page."""
    out = tmp_path_factory.mktemp("digits-site") / "dist"
    build_site([digits / "models" / "digits"], out)
    with running_server(out, "/demo/") as url:
        yield url


def test_drawn_digits_are_recognized_and_shown_with_full_width_codes(digits_address, open_page, write):
    page = open_page(digits_address)
    for digit in "457":  # KanjiVG's shapes of these resemble those of the training images
        page.locator("#pad").focus()
        page.keyboard.press("Escape")
        write(page, digit)
        expect(page.locator(f"{FIRST} .glyph")).to_have_text(digit)
        expect(page.locator(f"{FIRST} .codes")).to_have_text(re.compile(rf"JIS 233{digit}\s+U\+003{digit}"))
