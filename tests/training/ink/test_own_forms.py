"""Strokes of marks and letters that KanjiVG lacks."""

import numpy as np
import pytest

from kakitori.charset import Charset, get_charset
from training.ink.kanjivg import load_templates, parse_own_form
from training.ink.own_forms import OUTLINED, OWN_FORMS
from training.ink.source import InkSource

WIDE = get_charset("wide")


@pytest.mark.parametrize("character", OWN_FORMS)
def test_every_form_lies_in_the_box_and_belongs_to_a_class(character):
    points = np.concatenate([stroke.points for form in OWN_FORMS[character] for stroke in parse_own_form(form)])
    assert 0 <= points.min() <= points.max() <= 1
    assert character in WIDE


def test_outlines_of_dots_are_not_drawn():
    t = load_templates(Charset("dots", ("・", ".", ":", "：")))
    assert "：" not in OUTLINED, "KanjiVG draws it in the other width only"
    assert np.diff(t.template_starts).tolist() == [len(OWN_FORMS[c]) for c in "・.：："]


def test_a_class_has_the_forms_of_all_its_homoglyphs():
    apart = load_templates(Charset("two", ("つ", "っ"))).template_starts
    together = load_templates(Charset("one", ("つ",), ("つっ",))).template_starts
    assert apart[-1] == together[-1] > 1


def test_both_widths_have_the_same_forms():
    widths = [load_templates(Charset("one", (character,))).strokes for character in "Ａ%A％"]
    assert np.array_equal(widths[0], widths[2])
    assert np.array_equal(widths[1], widths[3])


def test_a_dot_is_never_an_empty_image():
    source = InkSource(Charset("dot", (".",)))
    assert source.images(np.zeros(200, int), 32, [1]).max(axis=(1, 2)).min() > 0
