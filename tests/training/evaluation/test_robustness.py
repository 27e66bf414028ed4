import numpy as np
import pytest

from kakitori.errors import DataError
from kakitori.spec import ModelSpec
from kakitori.stroke_files import Drawing
from training.evaluation.corruptions import CORRUPTIONS, UNCORRUPTED, Corruption
from training.evaluation.robustness import corruption_rows

LINE, CROSS = [[[0, 0], [1, 0]]], [[[0, 0], [1, 1]], [[0, 1], [1, 0]]]
ERASED = Corruption("erased", 1, draw=lambda lines, spec, rng: np.zeros((spec.size, spec.size), np.float32))
BY_NAME = {row.name: row for row in CORRUPTIONS}


@pytest.fixture
def spec(small_charset):
    return ModelSpec("resnet", (4, 8), "adaptive_avg", "etl9g", 100, small_charset.digest)


def reads_ink_as_the_first_class(inputs):
    """Return logits whose best class is あ for ink and い for blank paper."""
    logits = np.zeros((len(inputs), 100), np.float32)
    inked = inputs.max(axis=(1, 2, 3)) > -1
    logits[inked, 0], logits[~inked, 1] = 1, 1
    return logits


def drawings():
    written = [("あ", LINE, "pen"), ("あ", CROSS, "pen"), ("い", CROSS, "mouse"), ("ア", LINE, "mouse")]
    return [Drawing(char, strokes, source, "?", line) for line, (char, strokes, source) in enumerate(written, 1)]


def test_a_row_for_each_corruption_and_source(spec):
    rows = corruption_rows(drawings(), spec, reads_ink_as_the_first_class, [UNCORRUPTED, ERASED])
    figures = [(r.corruption, r.source, r.characters, r.top1_percent) for r in rows]
    assert figures == [
        ("none", "pen", 2, 100), ("none", "mouse", 1, 0), ("none", "all", 3, 66.667),
        ("erased", "pen", 2, 0), ("erased", "mouse", 1, 100), ("erased", "all", 3, 33.333),
    ]  # fmt: skip
    assert [r.clean_top1_percent for r in rows] == [100, 0, 66.667] * 2


def test_only_drawings_that_a_corruption_applies_to_count(spec):
    rows = corruption_rows(drawings(), spec, reads_ink_as_the_first_class, [BY_NAME["two strokes joined"]])
    assert {row.source: row.characters for row in rows} == {"pen": 1, "mouse": 1, "all": 2}


def test_a_corruption_that_applies_to_no_drawing_has_no_row(spec):
    assert corruption_rows(drawings(), spec, reads_ink_as_the_first_class, [BY_NAME["a short stroke missing"]]) == []


def test_nothing_of_the_charset_is_refused(spec):
    with pytest.raises(DataError, match="None of the 1 drawings"):
        corruption_rows(drawings()[3:], spec, reads_ink_as_the_first_class)
