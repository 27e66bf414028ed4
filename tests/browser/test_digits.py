"""The page of another charset: digits, learnt from real handwriting."""

import re

import pytest
from playwright.sync_api import expect

from web.build import build_site
from web.serve import running_server

FIRST = "#board li:first-child .card"


@pytest.fixture(scope="module")
def digits_address(digits, tmp_path_factory):
    """Where the digits' page is served."""
    out = tmp_path_factory.mktemp("digits-site") / "dist"
    build_site([digits / "models" / "digits"], out)
    with running_server(out, "/demo/") as url:
        yield url


def test_drawn_digits_are_read_and_shown_with_the_codes_of_their_full_width_forms(digits_address, open_page, write):
    page = open_page(digits_address)
    for digit in "457":  # KanjiVG's shapes of these are much like those of the hands that the network knows
        page.locator("#pad").focus()
        page.keyboard.press("Escape")
        write(page, digit)
        expect(page.locator(f"{FIRST} .glyph")).to_have_text(digit)
        expect(page.locator(f"{FIRST} .codes")).to_have_text(re.compile(rf"JIS 233{digit}\s+U\+003{digit}"))
