import numpy as np
import pytest

from kakitori.charset import Charset, get_charset
from kakitori.schemas.evaluation import ConfusableRow
from kakitori.spec import ModelSpec
from training.evaluation.accuracy import Answer
from training.evaluation.confusables import GROUPS, IMAGES_PER_MEMBER, confusable_rows, groups_in, member_samples
from training.evaluation.samples import Sample

BLANK = np.zeros((8, 8), np.float32)
SMALL = Charset("small", tuple("未末土士人"))


def answer(shown, read):
    return Answer(Sample(shown, BLANK, "pen", "x"), SMALL.index(shown), np.array([SMALL.index(read)]), np.ones(1))


def test_groups_hold_characters_once():
    assert all(len(set(group)) == len(group) > 1 for group in GROUPS)
    assert len(set(GROUPS)) == len(GROUPS)


def test_the_named_groups_are_there():
    found = groups_in(get_charset("etl9g"))
    for named in ("未末", "土士", "へべぺ"):
        assert any(set(named) <= set(group) for group in found), named


@pytest.mark.parametrize(("characters", "groups"), [("未末来", ["未末来"]), ("来末ア", ["末来"]), ("未土人", [])])
def test_groups_are_cut_down_to_the_charset(characters, groups):
    assert ["".join(group) for group in groups_in(Charset("own", tuple(characters)))] == groups


def test_figures_are_of_the_group():
    found = [answer("未", "未"), answer("未", "末"), answer("末", "人"), answer("末", "末"), answer("人", "人")]
    (row,) = confusable_rows(found, SMALL)
    assert row == ConfusableRow(group="未末", characters=4, right_percent=50, confused_percent=25)


def test_without_answers_there_are_no_rows():
    assert confusable_rows([], SMALL) == []


def test_members_are_drawn_equally_often_and_the_same_every_time(monkeypatch):
    monkeypatch.setattr("training.evaluation.confusables.GROUPS", ("あお", "いり"))
    charset = get_charset("etl9g", 20)
    spec = ModelSpec("resnet", (4, 8), "adaptive_avg", "etl9g", 20, charset.digest, size=32)
    samples, again = list(member_samples(spec)), list(member_samples(spec))
    assert {char: sum(s.char == char for s in samples) for char in "あお"} == dict.fromkeys("あお", IMAGES_PER_MEMBER)
    assert len(samples) == 2 * IMAGES_PER_MEMBER
    assert all(np.array_equal(a.coverage, b.coverage) for a, b in zip(samples, again, strict=True))
