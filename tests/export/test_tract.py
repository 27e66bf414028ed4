"""The files that are made for tract, in tract."""

from itertools import product

import numpy as np
import pytest
import tract

from export.backends import BACKENDS
from kakitori.engine import onnx_predictor
from kakitori.spec import POOLINGS
from training.models.registry import build_network
from training.models.weights import save_network

FIXED_OF = {"adaptive_avg": "fixed_avg", "adaptive_max": "fixed_max"}
TRAINED = [name for name, row in POOLINGS.items() if not row.fixed]
# Rounding in another order changes some 8-bit activations by one step: far less than the margin of the best class.
INT8_DIFFERENCE = 0.5


def run_tract(path, images):
    """Return the logits of images, one by one, with the batch axis fixed as tract's users do."""
    model = tract.onnx().load(str(path)).into_model()
    model.transform(tract.SetSymbols({"batch": 1}))
    runnable = model.into_runnable()
    return np.concatenate([runnable.run([np.ascontiguousarray(image[None])])[0].to_numpy() for image in images])


@pytest.fixture
def images():
    return np.random.default_rng(6).uniform(-1, 1, (4, 1, 32, 32)).astype(np.float32)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arch", "trained"), [*product(["cnn"], TRAINED), ("compact", "adaptive_avg"), ("resnet", "adaptive_avg")]
)
def test_tract_gives_the_same_logits_with_every_pooling(make_spec, export, images, arch, trained, tmp_path):
    spec = make_spec(arch, trained)
    save_network(spec, build_network(spec), tmp_path)
    for pooling in filter(None, (trained, FIXED_OF.get(trained))):
        (row,) = export(tmp_path, ["tract"], ["fp32"], pooling)
        assert (row.exporter, row.opset, row.pooling) == ("torch.export", 12, pooling)
        found, expected = run_tract(tmp_path / row.file, images), onnx_predictor(tmp_path / row.file)(images)
        np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("arch", ["compact", pytest.param("cnn", marks=pytest.mark.slow)])
@pytest.mark.parametrize("backend", ["tract", "ort-tract"])
def test_tract_gives_the_same_logits_with_every_precision(make_model, export, images, arch, backend):
    model = make_model(arch)
    rows = export(model, [backend], ["all"])
    assert [row.precision for row in rows] == list(BACKENDS[backend].precisions)
    for row in rows:
        found, expected = run_tract(model / row.file, images), onnx_predictor(model / row.file)
        one_by_one = np.concatenate([expected(image[None]) for image in images])
        limit = INT8_DIFFERENCE if row.precision in ("int8", "int8-dynamic") else 1e-4
        np.testing.assert_allclose(found, one_by_one, atol=limit, err_msg=row.variant)
