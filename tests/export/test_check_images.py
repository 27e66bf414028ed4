"""The data set that a model's config.json names."""

from dataclasses import replace

import numpy as np
import pytest

from export.check_images import DrawnSamples, open_samples
from export.errors import ExportError
from kakitori.errors import DataError
from kakitori.model_directory import restamp
from kakitori.spec import read_spec
from training.fit.calibration import calibrate


@pytest.fixture
def samples(make_spec):
    """Samples whose images are filled with random grey of their seed."""

    def filled(labels, size, seed):
        return np.random.default_rng(list(seed)).integers(0, 256, (len(labels), size, size)).astype(np.uint8)

    return DrawnSamples(make_spec(), filled)


def test_drawn_samples_have_every_class_equally_often(samples):
    assert np.bincount(samples.calibration().labels).tolist() == [10] * 10
    assert np.bincount(samples.evaluation().labels).tolist() == [50] * 10
    assert samples.calibration().images.shape == (100, 1, 32, 32)


def test_files_are_calibrated_and_evaluated_on_different_images(samples):
    calibration, evaluation = samples.calibration().images, samples.evaluation().images
    assert not (calibration == evaluation[:100]).all(axis=(1, 2, 3)).any()
    assert np.array_equal(evaluation, samples.evaluation().images)


@pytest.mark.parametrize("name", ["../../../tmp/x", 7])
def test_a_config_whose_data_set_is_no_plain_name_is_refused(make_model, name):
    folder = make_model()
    spec = read_spec(folder)
    restamp(folder, replace(spec, training=spec.training | {"dataset": name}))
    with pytest.raises(DataError, match="The data set's name is"):
        calibrate(folder)
    with pytest.raises(ExportError, match="The data set's name is"):
        open_samples(read_spec(folder))
