"""Comparison of a file with its network."""

import numpy as np

from export.check_images import LabelledImages
from export.parity import Reference, compare


def test_a_file_is_compared_image_by_image_and_in_batches_of_seven():
    images, sizes = np.zeros((9, 1, 2, 2), np.float32), []
    reference = Reference("ink", LabelledImages(images, np.zeros(9, int)), images, np.zeros((9, 3), np.float32), 100.0)

    def predict(batch):
        sizes.append(len(batch))
        return np.zeros((len(batch), 3), np.float32)

    assert compare(predict, reference).max_logit_difference == 0
    assert sizes[:11] == [1] * 9 + [7, 2]
