import numpy as np
import pytest

from kakitori.candidates import Candidate, Classes, Result, check_top_k, no_candidates, rank
from kakitori.errors import DataError, EngineError
from kakitori.homoglyphs import InkPlace
from kakitori.spec import Confidence

MAPPING = {
    "num_classes": 3,
    "class_to_char": {"0": "つ", "1": "apple", "2": "𠮷"},
    "class_to_jis": {"0": "2444", "1": None, "2": None},
    "class_to_homoglyphs": {"0": ["つ", "っ"]},
    "homoglyph_to_jis": {"つ": "2444", "っ": "2443"},
    "homoglyph_to_place": {"っ": {"size": [0, 0.5], "middle": [0.45, 1]}},
}
CLASSES = Classes.from_mapping(MAPPING)


def chars(logits, top_k, place=None):
    result = rank(np.array(logits, np.float32), CLASSES, Confidence(), top_k, place)
    return [candidate.char for candidate in result.candidates]


def test_a_candidate_has_character_codes_index_and_probability():
    result = rank(np.array([0, 1, 2], np.float32), CLASSES, Confidence(), 2)
    weights = np.exp([0, 1, 2])
    assert result.candidates == [
        Candidate("𠮷", None, 0x20BB7, 2, pytest.approx(weights[2] / weights.sum())),
        Candidate("apple", None, None, 1, pytest.approx(weights[1] / weights.sum())),
    ]
    assert not result.unsure


def test_the_lower_index_is_first_among_equals_and_more_than_there_are_gives_all():
    assert chars([1, 1, 1], 10) == ["つ", "っ", "apple", "𠮷"]


def test_homoglyphs_follow_each_other_in_the_order_of_the_inks_place():
    assert chars([2, 1, 0], 3, InkPlace(0.4, 0.7)) == ["っ", "つ", "apple"]
    assert chars([2, 1, 0], 3, InkPlace(0.9, 0.5)) == ["つ", "っ", "apple"]
    assert chars([2, 1, 0], 1, InkPlace(0.4, 0.7)) == ["っ"]


def test_an_answer_below_the_threshold_is_unsure():
    logits = np.array([1, 0, 0], np.float32)
    best = np.e / (np.e + 2)
    assert not rank(logits, CLASSES, Confidence(1, 1, best - 0.01), 1).unsure
    assert rank(logits, CLASSES, Confidence(1, 1, best + 0.01), 1).unsure


def test_nan_is_an_error():
    with pytest.raises(EngineError, match="1 of 3 logits"):
        chars([0, np.nan, 1], 1)


def test_no_ink_is_unsure_without_candidates():
    assert (no_candidates().candidates, no_candidates().unsure) == ([], True)


@pytest.mark.parametrize("top_k", [0, -1, 1.5, "2", None, True])
def test_a_count_below_1_is_refused(top_k):
    with pytest.raises(DataError, match="expected a whole number of at least 1"):
        check_top_k(top_k)


def test_the_repr_of_a_result_shows_its_first_candidates():
    candidates = [Candidate(char, None, ord(char), 0, 0.5 / (n + 1)) for n, char in enumerate("田由甲申")]
    assert repr(Result(candidates[:2], False)) == "<Result: 田 50.0 %, 由 25.0 %>"
    assert repr(Result(candidates, True)) == "<Result: 田 50.0 %, 由 25.0 %, 甲 16.7 %, … (4 candidates), unsure>"
    assert repr(no_candidates()) == "<Result: no candidates, unsure>"
