from itertools import pairwise

import pytest

from training.fit.loop import ema_decay, image_side, learning_rate


def test_learning_rate_warms_up_then_falls_to_a_hundredth():
    rates = [learning_rate(step, 1000, 100, 1.0) for step in range(1000)]
    assert rates[0] == pytest.approx(0.01)
    assert max(rates) == pytest.approx(1.0)
    assert rates.index(max(rates)) in (99, 100)
    assert all(a >= b for a, b in pairwise(rates[100:]))
    assert rates[-1] == pytest.approx(0.01, abs=1e-3)


def test_warm_up_takes_at_most_a_tenth():
    assert learning_rate(10, 100, 300, 1.0) == pytest.approx(1.0)


def test_the_image_side_grows_to_the_full_side():
    sides = [image_side(epoch, 40, 64) for epoch in range(1, 41)]
    assert sides == sorted(sides)
    assert set(sides) == {32, 48, 64}
    assert sides[-1] == 64


@pytest.mark.parametrize("epochs", [1, 2, 3, 5])
@pytest.mark.parametrize("size", [32, 48, 64, 96, 128])
def test_the_last_epoch_always_has_the_full_side(epochs, size):
    assert image_side(epochs, epochs, size) == size


def test_the_decay_of_the_average_is_small_in_the_first_steps():
    assert ema_decay(0, 0.999) == pytest.approx(0.1)
    assert ema_decay(100_000, 0.999) == 0.999
