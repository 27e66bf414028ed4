import numpy as np

from training.evaluation.photo import SIDE, light, take_photo

CROSS = [[[0, 0.5], [1, 0.5]], [[0.5, 0], [0.5, 1]]]


def test_a_photo_is_opaque_and_the_same_for_the_same_generator():
    first, again, other = (take_photo(CROSS, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert (first.shape, first.dtype) == ((SIDE, SIDE, 4), np.uint8)
    assert (first[..., 3] == 255).all()
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_ink_is_darker_than_the_paper_beside_it():
    for seed in range(20):
        photo = take_photo(CROSS, np.random.default_rng(seed))[..., :3].mean(axis=2)
        middle = SIDE // 2
        beside = photo[middle - 30 : middle - 20, middle - 30 : middle - 20].mean()
        assert photo[middle, middle] < beside - 40


def test_light_varies_within_bounds():
    for seed in range(20):
        shares = light(np.random.default_rng(seed))
        assert 0.5 < shares.min() < shares.max() < 1.2
