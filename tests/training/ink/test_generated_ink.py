import numpy as np
import pytest

from kakitori.charset import Charset, get_charset
from kakitori.errors import DataError, KakitoriError
from training.ink.amounts import EFFECTS, Effects
from training.ink.character import is_near_duplicate, vary_character
from training.ink.kanjivg import HOOK_POINTS, POINTS_PER_STROKE, find_hook, load_templates
from training.ink.near_duplicates import stroke_distances
from training.ink.source import InkSource


def template(source, char, form=0):
    """Return the strokes (S, P, 2), components (S,) and hooks (S,) of one form of a character."""
    t = load_templates(source.charset)
    first = t.template_starts[source.charset.index(char)] + form
    span = slice(t.stroke_starts[first], t.stroke_starts[first + 1])
    return t.strokes[span], t.components[span], t.hooks[span]


def test_every_class_has_strokes_within_the_box():
    t = load_templates(get_charset("etl9g"))
    assert (np.diff(t.template_starts) >= 1).all()
    assert (np.diff(t.stroke_starts) >= 1).all()
    assert t.strokes.shape[1:] == (POINTS_PER_STROKE, 2)
    assert t.strokes.min() > -0.05
    assert t.strokes.max() < 1.05


@pytest.mark.parametrize(("char", "strokes"), [("あ", 3), ("一", 1), ("田", 5), ("語", 14), ("鷹", 24)])
def test_stroke_counts_are_kanjivgs(char, strokes):
    assert len(template(InkSource(Charset("one", (char,))), char)[0]) == strokes


def test_components_follow_the_parts_of_the_character():
    components = template(InkSource(Charset("one", ("語",))), "語")[1]
    assert components.tolist() == [0] * 7 + [1] * 7  # 言 and 吾


def test_hooks_are_found_near_the_end_of_hooked_strokes_only():
    hooks = template(InkSource(Charset("one", ("可",))), "可")[2]
    assert (hooks[:-1] == 1).all()
    assert 0.7 < hooks[-1] < 1  # ㇚


def test_a_straight_line_has_no_hook():
    assert find_hook(np.linspace([0, 0], [0, 1], HOOK_POINTS)) == 1


def test_a_character_without_strokes_is_refused():
    with pytest.raises(DataError, match="KanjiVG has no strokes for '☃'"):
        load_templates(Charset("snow", ("☃",)))


def test_the_same_seed_draws_the_same_images(source):
    labels = np.arange(100)
    first, again = source.images(labels, 64, [1, 2]), source.images(labels, 64, [1, 2])
    other = source.images(labels, 64, [1, 3])
    assert np.array_equal(first, again)
    assert (first != other).any(axis=(1, 2)).all()


@pytest.mark.parametrize("size", [32, 48, 64, 96, 128])
def test_every_image_has_ink_and_paper(source, size):
    images = source.images(np.repeat(np.arange(100), 5), size, [5])
    assert images.shape == (500, size, size)
    assert images.dtype == np.uint8
    assert (images.max(axis=(1, 2)) > 100).all()
    assert (images.mean(axis=(1, 2)) < 200).all()


def test_drawings_of_a_character_stay_closer_to_each_other_than_to_another(source):
    """A nearest-mean classifier reads most drawings of 10 simple classes: variation keeps characters apart."""
    labels = np.repeat(np.arange(10), 40)
    images = InkSource(source.charset, ["camera"]).images(labels, 32, [7]).reshape(len(labels), -1).astype(float)
    means = np.stack([images[labels == k][:20].mean(axis=0) for k in range(10)])
    held_out = np.tile(np.arange(40) >= 20, 10)
    nearest = ((images[held_out, None] - means) ** 2).sum(axis=2).argmin(axis=1)
    assert (nearest == labels[held_out]).mean() > 0.6  # 0.64, by chance 0.1


def test_an_effect_is_left_out_of_training_images_only(source):
    labels = np.arange(100)
    plain = InkSource(source.charset, EFFECTS)
    assert (plain.images(labels, 64, [1, 2]) != source.images(labels, 64, [1, 2])).any(axis=(1, 2)).all()
    assert np.array_equal(plain.held_out(1, 64, 1)[0], source.held_out(1, 64, 1)[0])


def test_without_any_effect_characters_differ_in_pen_and_place_alone():
    source = InkSource(Charset("one", ("田",)), EFFECTS)
    shapes = source.images(np.zeros(40, int), 64, [3]) > 127
    fitted = [shape[np.ix_(shape.any(axis=1), shape.any(axis=0))].shape for shape in shapes]
    ratios = [height / width for height, width in fitted]
    assert max(ratios) - min(ratios) < 0.1


def test_an_unknown_effect_is_refused_and_the_known_are_listed(source):
    with pytest.raises(KakitoriError, match="Unknown effect of the ink 'wind': choose one of proportions, strokes"):
        InkSource(source.charset, ["wind"])


def test_voicing_marks_move_as_one_component_and_farther():
    t = load_templates(Charset("one", ("が",)))
    strokes = slice(t.stroke_starts[0], t.stroke_starts[1])
    assert t.components[strokes].tolist() == [0, 1, 2, 4, 4]
    assert t.looseness[strokes].tolist() == [1, 1, 1, 4, 4]


def drawings(t, form, near_duplicates, count):
    """Varied strokes (count, S, P, 2), neither joined nor bent nor slanted."""
    span = slice(t.stroke_starts[form], t.stroke_starts[form + 1])
    effects, rng = Effects(rounding=0.0, joins=0.0, bending=0.0, slant=0.0), np.random.default_rng(1)
    own = t.strokes[span].astype(np.float64)
    columns = (t.components, t.parts, t.looseness, t.hooks, t.needed)
    facts = [column[span] for column in columns]
    drawings = (vary_character(own, near_duplicates, *facts, effects, rng)[0] for _ in range(count))
    return np.stack([drawing.reshape(own.shape) for drawing in drawings])


def test_a_drawing_nearer_to_a_near_duplicate_is_drawn_again():
    t = load_templates(Charset("near_duplicates", ("土", "士", "工")))
    assert t.near_duplicates[:, 0].tolist() == [1, 0, -1]
    own, near_duplicate = t.strokes[:3].astype(np.float64), t.strokes[None, 3:6].astype(np.float64)
    wrong = [
        np.mean([is_near_duplicate(strokes, own, near_duplicate) for strokes in drawings(t, 0, near_duplicates, 300)])
        for near_duplicates in (near_duplicate[:0], near_duplicate)
    ]
    assert wrong[0] > 0.03
    assert wrong[1] == 0


def test_a_stroke_that_distinguishes_two_characters_is_needed():
    t = load_templates(Charset("birds", ("鳥", "烏")))
    bird, crow = (slice(*t.stroke_starts[t.template_starts[k] :][:2]) for k in range(2))
    assert t.needed[bird].any()
    assert not t.needed[crow].any()


def test_strokes_are_compared_in_both_directions():
    stroke = np.linspace([[0, 0]], [[0, 1]], 20).transpose(1, 0, 2)
    assert stroke_distances(stroke, stroke[:, ::-1]).item() == pytest.approx(0, abs=1e-12)
    assert stroke_distances(stroke, stroke + np.array([0.3, 0])).item() == pytest.approx(0.09)
