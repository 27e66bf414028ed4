import numpy as np
import pytest

from kakitori.confidence import best_probabilities
from kakitori.spec import Confidence, ModelSpec
from training.evaluation.reliability import (
    SCORES,
    confidence_rows,
    confidence_table,
    outlier_rows,
    outliers_table,
    read_images,
)
from training.evaluation.samples import Sample

SIZE, CLASSES = 8, 100


@pytest.fixture
def spec(small_charset):
    """A spec with a rejection threshold of 0.5."""
    return ModelSpec(
        "resnet", (4, 8), "adaptive_avg", "etl9g", CLASSES, small_charset.digest, confidence=Confidence(0.5, 1, 0.5)
    )


def sample(char, index, certainty, source="pen"):
    """Return a sample whose first two pixels set the class that `predict` answers, and its logit."""
    coverage = np.zeros((SIZE, SIZE), np.float32)
    coverage[0, 0], coverage[0, 1] = index / CLASSES, certainty
    return Sample(char, coverage, source, "?")


def predict(inputs):
    coverage = (inputs[:, 0] + 1) / 2
    logits = np.zeros((len(inputs), CLASSES), np.float32)
    logits[np.arange(len(inputs)), np.round(coverage[:, 0, 0] * CLASSES).astype(int)] = 10 * coverage[:, 0, 1]
    return logits


def test_rows_count_correct_unsure_and_accepted_answers(spec):
    samples = [sample("あ", 0, 1), sample("あ", 0, 0.1), sample("い", 0, 1), sample("ヰ", 5, 1), sample("ヱ", 5, 0.1)]
    (row,), _ = confidence_rows(samples, spec, predict)
    assert (row.characters, row.outside_charset) == (3, 2)
    assert row.right_percent == pytest.approx(66.67)
    assert row.unsure_percent == pytest.approx(33.33)
    assert row.outside_accepted_percent == 50
    # Two thirds at probability 1, of which half are right; one third at exp(2) / (exp(2) + 99), all right.
    assert row.ece_percent == pytest.approx(64.35, abs=0.02)
    assert sum(row.reliability.counts) == 3


def test_characters_written_like_a_class_are_left_out(spec):
    (row,), reading = confidence_rows([sample("あ", 0, 1), sample("ヘ", 0, 1), sample("ぁ", 0, 1)], spec, predict)
    assert (row.characters, row.outside_charset, len(reading.best)) == (1, 0, 1)


def test_several_sources_have_a_row_each_and_one_for_all(spec):
    samples = [sample("あ", 0, 1), sample("ヰ", 5, 1, "other hand")]
    rows, _ = confidence_rows(samples, spec, predict)
    assert [row.source for row in rows] == ["pen", "other hand", "all"]
    assert rows[1].right_percent is None
    assert [row.reliability is not None for row in rows] == [False, False, True]
    assert confidence_table(rows).row_count == 3


def test_every_score_is_larger_for_more_certain_answers(spec):
    weak, strong = (read_images([sample("あ", 0, s).coverage], spec, predict) for s in (0.2, 0.9))
    assert {name for name in SCORES if not strong.scores[name][0] > weak.scores[name][0]} <= {"the same in deviations"}


def test_the_score_that_decides_is_the_calibrated_probability(spec):
    reading = read_images([sample("あ", 0, 0.3).coverage], spec, predict)
    logits = np.zeros((1, CLASSES), np.float32)
    logits[0, 0] = 3
    assert reading.probabilities == pytest.approx(best_probabilities(logits, 0.5), rel=1e-5)
    assert reading.plain == pytest.approx(best_probabilities(logits, 1), rel=1e-5)


def test_out_of_distribution_drawings_are_counted_by_kind(spec, monkeypatch):
    def kinds(charset, size, stream):
        yield "blots", np.stack([255 * sample("", 3, s).coverage for s in (1, 0)]).astype(np.uint8)

    monkeypatch.setattr("training.evaluation.reliability.outliers", kinds)
    own = read_images([sample("あ", 0, s).coverage for s in np.linspace(0.5, 1, 50)], spec, predict)
    (row,) = outlier_rows(own, spec, predict)
    assert (row.kind, row.images, row.accepted_percent) == ("blots", 2, 50)
    assert set(row.scores_accepted_percent) == set(SCORES)
    assert outliers_table([row]).row_count == 1
