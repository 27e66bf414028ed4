"""Homoglyphs: one class, ordered by size and place on the pad."""

import string

import pytest

from kakitori.charset import LEVEL_1_JIS, LEVEL_2_JIS, get_charset, jis_code
from kakitori.homoglyphs import HOMOGLYPHS, PLACES, InkPlace, ink_place, order_homoglyphs, other_width

WIDE = get_charset("wide")
# Recorded 2026-11-21. Every trained file carries it: if it changes, all of them are misread.
DIGEST = "sha256:e840c24519ff6e96458ef19b8f5788ef485fb62492019965a76ae8486d32cbef"


def test_wide_is_both_levels_of_kanji_kana_latin_and_marks_in_jis_order():
    homoglyphs = [character for index in range(len(WIDE)) for character in WIDE.homoglyphs(index)]
    codes = [jis_code(character) for character in homoglyphs]
    first, last = (f"{code:X}" for code in (LEVEL_1_JIS[0], LEVEL_2_JIS[1]))
    assert sum(first <= code <= last for code in codes) == 6355
    assert sum(code[:2] == "24" for code in codes) == 83
    assert sum(code[:2] == "25" for code in codes) == 86
    assert set(string.ascii_letters + string.digits) < set(homoglyphs)
    assert [WIDE.jis(index) for index in range(len(WIDE))] == sorted(WIDE.jis(index) for index in range(len(WIDE)))
    assert len(homoglyphs) == len(set(homoglyphs))


def test_the_order_of_wide_is_frozen():
    assert (len(WIDE), WIDE.digest) == (6568, DIGEST)


@pytest.mark.parametrize("shape", HOMOGLYPHS)
def test_characters_of_one_shape_are_one_class(shape):
    assert {WIDE.index(character) for character in shape} == {WIDE.index(shape[0])}
    assert WIDE.homoglyphs(WIDE.index(shape[0])) == tuple(shape)
    assert WIDE.characters[WIDE.index(shape[0])] == shape[0]


@pytest.mark.parametrize(("full", "ascii"), [("Ａ", "A"), ("７", "7"), ("＋", "+"), ("−", "-"), ("？", "?")])
def test_either_width_is_the_same_character(full, ascii):
    assert WIDE.index(full) == WIDE.index(ascii)
    assert (other_width(full), other_width(ascii)) == (ascii, full)
    assert jis_code(ascii) == jis_code(full)


def test_charsets_without_homoglyphs_distinguish_widths():
    assert "A" not in get_charset("etl-all")
    assert get_charset("etl9g").homoglyphs(0) == ("あ",)


def test_a_limited_charset_keeps_the_shapes_of_its_classes():
    limited = get_charset("wide", 20)
    assert limited.homoglyphs(limited.index("、")) == ("、", "・", ".", ",", "ヽ", "丶")
    assert "っ" not in limited


def test_every_place_is_of_a_character_that_shares_its_shape():
    assert set(PLACES) <= {character for shape in HOMOGLYPHS for character in shape[1:]}


@pytest.mark.parametrize(
    ("shape", "size", "middle", "first"),
    [
        ("つっ", 0.8, 0.5, "つ"),
        ("つっ", 0.4, 0.7, "っ"),
        ("つっ", 0.4, 0.2, "つ"),
        ("0Oo〇。", 0.8, 0.5, "0"),
        ("0Oo〇。", 0.4, 0.6, "o"),
        ("0Oo〇。", 0.15, 0.8, "。"),
        ("、・.,ヽ丶", 0.1, 0.8, "、"),
        ("、・.,ヽ丶", 0.1, 0.5, "・"),
        ("、・.,ヽ丶", 0.9, 0.5, "ヽ"),
        ("一ー-", 0.9, 0.5, "一"),
        ("一ー-", 0.3, 0.5, "-"),
    ],
)
def test_size_and_place_decide_which_homoglyph_is_first(shape, size, middle, first):
    ordered = order_homoglyphs(shape, PLACES, InkPlace(size, middle))
    assert ordered[0] == first
    assert sorted(ordered) == sorted(shape)


def test_without_a_pad_the_order_stays():
    assert order_homoglyphs("つっ", PLACES, None) == ["つ", "っ"]


def test_the_place_of_ink_is_in_shares_of_the_pad():
    assert ink_place([[[10, 30]], [[20, 50], [15, 40]]], 100, 40) == InkPlace(size=0.5, middle=1.0)
