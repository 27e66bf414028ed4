import numpy as np
import pytest

from kakitori.charset import get_charset
from training.data.prepared import TEST, VALIDATION
from training.ink.out_of_distribution import LOOK_ALIKES, PAIRS, PER_KIND, kind_of, looks_like_class, outliers, outside
from training.ink.scribbles import POINTS, SCRIBBLES


@pytest.fixture(scope="module")
def drawn(nearly_all) -> dict[str, np.ndarray]:
    return dict(outliers(nearly_all, 32, TEST))


def test_scribbles_characters_and_pairs_are_drawn(drawn):
    expected = {*SCRIBBLES, *PAIRS, "Latin letters", "katakana", "digits", "kanji, level 2"}
    assert set(drawn) == expected
    for images in drawn.values():
        assert images.dtype == np.uint8
        assert images.shape[1:] == (32, 32)
        assert len(images) >= PER_KIND
        assert (images.reshape(len(images), -1).max(axis=1) > 0).all()


def test_outliers_are_fixed_for_a_stream_and_differ_between_streams(nearly_all, drawn):
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
def test_a_character_that_looks_like_a_class_is_recognised_as_such(character):
    assert looks_like_class(character, get_charset("etl9g"))


@pytest.mark.parametrize("character", "アネゐA5丐")
def test_a_character_that_looks_like_no_class_may_be_drawn(character):
    assert not looks_like_class(character, get_charset("etl9g"))


def test_groups_of_look_alikes_have_several_different_characters():
    assert all(len(set(group)) == len(group) > 1 for group in LOOK_ALIKES)


def test_no_character_of_the_charset_is_out_of_distribution():
    for name in ("etl9g", "wide"):
        charset = get_charset(name)
        drawn = {character for members in outside(charset).values() for character in members}
        assert drawn
        assert not drawn & set(charset.characters)


@pytest.mark.parametrize(
    ("character", "kind"),
    [("7", "digits"), ("g", "Latin letters"), ("ア", "katakana"), ("ゐ", "hiragana"), ("丐", "kanji, level 2"),
     ("！", None), ("亜", None)],
)  # fmt: skip
def test_a_character_has_the_kind_of_its_script(character, kind):
    assert kind_of(character) == kind
