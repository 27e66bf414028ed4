import numpy as np
import pytest

from kakitori.charset import get_charset
from training.data.prepared import TEST, VALIDATION
from training.ink.out_of_distribution import LOOK_ALIKES, PAIRS, PER_KIND, kind_of, looks_like_class, outliers, outside
from training.ink.scribbles import POINTS, SCRIBBLES


@pytest.fixture(scope="module")
def drawn(nearly_all) -> dict[str, np.ndarray]:
    return dict(outliers(nearly_all, 32, TEST))


def test_there_are_scribbles_characters_and_pairs(drawn):
    expected = {*SCRIBBLES, *PAIRS, "Latin letters", "katakana", "digits", "kanji, level 2"}
    assert set(drawn) == expected
    for images in drawn.values():
        assert images.dtype == np.uint8
        assert images.shape[1:] == (32, 32)
        assert len(images) >= PER_KIND
        assert (images.reshape(len(images), -1).max(axis=1) > 0).all()


def test_they_are_the_same_every_time_and_other_ones_in_another_stream(nearly_all, drawn):
    kind, again = next(iter(outliers(nearly_all, 32, TEST)))
    assert np.array_equal(again, drawn[kind])
    assert not np.array_equal(next(iter(outliers(nearly_all, 32, VALIDATION)))[1], again)


@pytest.mark.parametrize("draw", SCRIBBLES.values(), ids=SCRIBBLES)
def test_scribbles_are_finite_strokes(draw):
    for seed in range(20):
        strokes = draw(np.random.default_rng(seed))
        assert strokes.ndim == 3
        assert strokes.shape[1:] == (POINTS, 2)
        assert np.isfinite(strokes).all()


@pytest.mark.parametrize("character", "ヘニロカエタりっ一TZ曰")
def test_what_looks_like_a_class_is_no_impostor(character):
    assert looks_like_class(character, get_charset("etl9g"))


@pytest.mark.parametrize("character", "アネゐA5丐")
def test_what_looks_like_no_class_is_one(character):
    assert not looks_like_class(character, get_charset("etl9g"))


def test_no_group_of_look_alikes_shares_a_character_with_itself():
    assert all(len(set(group)) == len(group) > 1 for group in LOOK_ALIKES)


def test_nothing_of_the_charset_is_an_impostor():
    for name in ("etl9g", "wide"):
        charset = get_charset(name)
        assert not [c for members in outside(charset).values() for c in members if c in charset]


@pytest.mark.parametrize(
    ("character", "kind"),
    [("7", "digits"), ("g", "Latin letters"), ("ア", "katakana"), ("ゐ", "hiragana"), ("丐", "kanji, level 2"),
     ("！", None), ("亜", None)],
)  # fmt: skip
def test_kinds(character, kind):
    assert kind_of(character) == kind
