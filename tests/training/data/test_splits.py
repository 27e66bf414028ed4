import numpy as np
import pytest

from kakitori.errors import DataError
from training.data.splits import split_at_random, split_by_writers

SETS, CLASSES = 200, 12  # as ETL9G has: each writer set holds each class once
LABELS = np.tile(np.arange(CLASSES), SETS)
WRITERS = np.repeat(np.arange(SETS), CLASSES)
ONE = np.zeros(len(LABELS), int)


def shares(splits):
    return np.bincount(splits, minlength=3).tolist()


def test_writer_sets_are_divided_80_10_10_and_every_class_alike():
    splits = split_by_writers(LABELS, WRITERS, ONE, seed=1)
    for label in range(CLASSES):
        assert shares(splits[label == LABELS]) == [160, 20, 20]
    assert all(len(set(splits[writer == WRITERS])) == 1 for writer in range(SETS))


def test_another_seed_gives_another_split():
    first, again, other = (split_by_writers(LABELS, WRITERS, ONE, seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_writers_with_different_numbers_of_images_are_divided_nearly_80_10_10():
    rng = np.random.default_rng(0)
    writers = np.repeat(np.arange(300), rng.integers(1, 200, 300))
    splits = split_by_writers(np.zeros(len(writers), int), writers, np.zeros(len(writers), int), seed=1)
    assert np.allclose(np.array(shares(splits)) / len(writers), (0.8, 0.1, 0.1), atol=0.01)
    assert all(len(set(splits[writers == writer])) == 1 for writer in range(300))


def test_each_database_is_divided_separately():
    strata = np.arange(len(WRITERS)) // (len(WRITERS) // 2)
    splits = split_by_writers(LABELS, WRITERS, strata, seed=1)
    for stratum in (0, 1):
        assert shares(splits[strata == stratum]) == [80 * CLASSES, 10 * CLASSES, 10 * CLASSES]


def test_images_without_a_writer_are_for_training_and_dropped_ones_do_not_count():
    writers, labels = WRITERS.copy(), LABELS.copy()
    writers[:CLASSES], labels[-CLASSES:] = -1, -1
    splits = split_by_writers(labels, writers, ONE, seed=1)
    assert set(splits[:CLASSES]) == {0}
    assert shares(splits[CLASSES:-CLASSES]) == [158 * CLASSES, 20 * CLASSES, 20 * CLASSES]


def test_fewer_than_three_writers_are_refused():
    labels, strata = np.zeros(3, int), np.zeros(3, int)
    assert sorted(split_by_writers(labels, np.array([7, 8, 9]), strata, seed=1)) == [0, 1, 2]
    with pytest.raises(DataError, match="3 images have 2 writers or groups of writers, expected 3 or more"):
        split_by_writers(labels, np.array([7, 8, 8]), strata, seed=1)


def test_the_random_split_divides_every_class_and_puts_writers_in_several_splits():
    splits = split_at_random(LABELS, WRITERS, ONE, seed=1)
    for label in range(CLASSES):
        assert shares(splits[label == LABELS]) == [160, 20, 20]
    assert sum(len(set(splits[writer == WRITERS])) > 1 for writer in range(SETS)) > SETS / 2
