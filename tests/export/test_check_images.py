"""The data set that a model's config.json names."""

from dataclasses import replace

import pytest

from export.check_images import open_samples
from export.errors import ExportError
from kakitori.errors import DataError
from kakitori.model_directory import restamp
from kakitori.spec import read_spec
from training.fit.calibration import calibrate


@pytest.mark.parametrize("name", ["../../../tmp/x", 7])
def test_a_config_whose_data_set_is_no_plain_name_is_refused(make_model, name):
    folder = make_model()
    spec = read_spec(folder)
    restamp(folder, replace(spec, training=spec.training | {"dataset": name}))
    with pytest.raises(DataError, match="The data set's name is"):
        calibrate(folder)
    with pytest.raises(ExportError, match="The data set's name is"):
        open_samples(read_spec(folder))
