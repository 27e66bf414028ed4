import numpy as np

from training.evaluation.metrics import ranks, top_k_percent

LOGITS = np.array([[3.0, 2.0, 1.0], [1.0, 2.0, 3.0], [1.0, 3.0, 2.0]])


def test_ranks_count_the_larger_logits():
    assert ranks(LOGITS, np.array([0, 0, 2])).tolist() == [0, 2, 1]


def test_a_tie_counts_against_the_label():
    assert ranks(np.zeros((1, 4)), np.array([0])).tolist() == [3]


def test_top_k_is_a_share_in_percent():
    assert top_k_percent(np.array([0, 2, 7, 20])) == {
        "top1_percent": 25.0, "top5_percent": 50.0, "top10_percent": 75.0,
    }  # fmt: skip
