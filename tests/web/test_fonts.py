"""The font covers the characters that the page shows, and no others are in the site."""

import re

import pytest

from kakitori.charset import get_charset
from web.errors import SiteError
from web.fonts import Face, japanese, parse_range, select_faces

CSS = """
@font-face {
  src: url(./files/a.woff2) format('woff2'), url(./files/a.woff) format('woff');
  unicode-range: U+41-43,U+3042;
}
@font-face { src: url(./files/b.woff2) format('woff2'); unicode-range: U+4e00; }
@font-face { src: url(./files/c.woff2) format('woff2'); unicode-range: U+5000-5fff; }
"""


def test_only_needed_slices_and_ranges_are_kept():
    assert select_faces(CSS, "CAあ一") == [Face("a.woff2", (0x41, 0x43, 0x3042)), Face("b.woff2", (0x4E00,))]


def test_a_character_of_the_page_without_a_glyph_is_refused():
    with pytest.raises(SiteError, match=r"no glyph for 2 characters .*\(丁七\)"):
        select_faces(CSS, "一丁七")


def test_a_class_without_a_glyph_is_left_to_the_system():
    assert select_faces(CSS, "一", "C七") == [Face("a.woff2", (0x43,)), Face("b.woff2", (0x4E00,))]


def test_unicode_ranges_are_parsed_and_written():
    assert Face("a", (0x41, 0x42, 0x43, 0x3042)).unicode_range == "U+41-43,U+3042"
    assert parse_range("U+41-43, U+3042") == {0x41, 0x42, 0x43, 0x3042}


def test_every_character_of_the_site_has_a_slice(built_site):
    css = (built_site / "fonts/klee-one.css").read_text(encoding="utf-8")
    covered = set().union(*map(parse_range, re.findall(r"unicode-range: ([^;]+);", css)))
    html = (built_site / "index.html").read_text(encoding="utf-8")
    assert {ord(character) for character in get_charset("etl9g").characters} <= covered
    assert {ord(character) for character in japanese(html)} <= covered
    assert "書" in japanese(html)
    for file in re.findall(r'url\("([^"]+)"\)', css):
        assert (built_site / "fonts" / file).read_bytes()[:4] == b"wOF2"
