import numpy as np
import torch

from kakitori.charset import Charset, get_charset
from training.data.prepared import TEST, VALIDATION
from training.fit.batches import KANA_SHARE, epoch_labels, training_batches
from training.ink.source import InkSource


def test_kanji_are_equally_frequent_and_hiragana_more_frequent():
    charset = get_charset("etl9g")
    one_pass = 2965 + 71 * KANA_SHARE
    counts = np.bincount(epoch_labels(charset, np.ones(len(charset)), 2 * one_pass, 1, 1))
    assert set(counts[71:]) == {2}
    assert set(counts[:71]) == {2 * KANA_SHARE}


def test_epochs_and_seeds_differ(small_charset):
    counts = np.ones(len(small_charset))
    orders = [epoch_labels(small_charset, counts, 242, seed, epoch) for seed, epoch in ((1, 1), (1, 2), (2, 1))]
    assert not np.array_equal(orders[0], orders[1])
    assert not np.array_equal(orders[0], orders[2])


def test_each_epoch_and_each_seed_draws_other_images_of_a_class():
    charset = Charset("one", ("田",))  # so that all batches have the same labels
    source = InkSource(charset)
    drawn = [
        next(iter(training_batches(source, charset, 8, 8, 32, seed, epoch)))[0]
        for seed, epoch in ((1, 1), (1, 2), (2, 1))
    ]
    assert not torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])


def test_batches_do_not_depend_on_the_number_of_workers(source, small_charset):
    loaders = [training_batches(source, small_charset, 256, 32, 32, 1, 1, workers=n) for n in (0, 2)]
    for (a, la), (b, lb) in zip(*loaders, strict=True):
        assert torch.equal(a, b)
        assert torch.equal(la, lb)


def test_processes_share_the_batches_of_one(source, small_charset):
    def load(**share):
        return [labels for _, labels in training_batches(source, small_charset, 320, 32, 32, 1, 1, **share)]

    alone = load()
    first, second = load(rank=0, processes=3), load(rank=1, processes=3)
    assert len(first) == len(second) == 3
    assert torch.equal(first[1], alone[3])
    assert torch.equal(second[1], alone[4])


def test_a_class_without_images_is_left_out(small_charset):
    counts = np.arange(len(small_charset))
    assert 0 not in epoch_labels(small_charset, counts, 1000, 1, 1)


def test_validation_and_test_images_are_different_and_balanced(source):
    validation, labels = source.held_out(VALIDATION, 32, 250)
    test, _ = source.held_out(TEST, 32, 250)
    assert np.bincount(labels).tolist() == [3] * 100
    assert (validation != test).any()
