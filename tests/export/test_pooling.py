"""Fixed pooling is the same function; a pooling that does not fit the weights is refused with the reason."""

import pytest
import torch
from torch import nn

from export.backends import get_backend
from export.errors import PoolingError
from export.pooling import prepare_pooling, resolve_pooling
from kakitori.errors import KakitoriError
from training.models.registry import build_network

ADAPTIVE = (nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d)


def adaptive_modules(network):
    return [module for module in network.modules() if isinstance(module, ADAPTIVE)]


@pytest.mark.parametrize("size", [32, 64, 96])
@pytest.mark.parametrize("kind", ["avg", "max"])
@pytest.mark.parametrize("arch", ["resnet", "cnn"])
def test_fixed_pooling_equals_adaptive_pooling(make_spec, arch, kind, size):
    network = build_network(make_spec(arch, f"adaptive_{kind}")).eval()
    images = torch.rand(3, 1, size, size) * 2 - 1
    fixed = prepare_pooling(network, f"fixed_{kind}", size)
    with torch.inference_mode():
        assert torch.allclose(fixed(images), network(images), atol=1e-5, rtol=0)
    assert adaptive_modules(fixed) == []
    assert adaptive_modules(network) != [], "the network itself must stay as it is"


@pytest.mark.parametrize("pooling", ["avg_2x2", "max_2x2"])
def test_2x2_becomes_a_kernel_that_equals_it(make_spec, pooling):
    network = build_network(make_spec("resnet", pooling)).eval()
    images = torch.rand(3, 1, 64, 64)
    prepared = prepare_pooling(network, pooling, 64)
    with torch.inference_mode():
        assert torch.allclose(prepared(images), network(images), atol=1e-5, rtol=0)
    assert adaptive_modules(prepared) == []


def test_adaptive_pooling_is_kept_where_it_is_legal(make_spec):
    network = build_network(make_spec("cnn")).eval()
    assert len(adaptive_modules(prepare_pooling(network, "adaptive_avg", 32))) == len(adaptive_modules(network))


def test_unequal_parts_are_refused():
    network = nn.Sequential(nn.AdaptiveAvgPool2d(2), nn.Flatten())
    with pytest.raises(PoolingError, match="at '0' divides a 33x33 map into 2x2 unequal parts"):
        prepare_pooling(network, "avg_2x2", 33)


@pytest.mark.parametrize(
    ("backend", "trained", "asked", "resolved"),
    [
        ("strict", "adaptive_avg", None, "fixed_avg"),
        ("strict", "adaptive_max", None, "fixed_max"),
        ("ort-tract", "adaptive_avg", "adaptive_avg", "fixed_avg"),
        ("tract", "adaptive_avg", None, "adaptive_avg"),
        ("tract", "adaptive_avg", "fixed_avg", "fixed_avg"),
        ("tract", "max_2x2", None, "max_2x2"),
    ],
)
def test_a_pooling_made_fixed_is_reported(backend, trained, asked, resolved):
    pooling, note = resolve_pooling(get_backend(backend), trained, asked)
    assert pooling == resolved
    changed = resolved != (asked or trained)
    assert (note is not None) == changed
    if changed:
        assert note == (
            f"{backend}: pooling {asked or trained} becomes {resolved}, the same function at the trained size."
        )


@pytest.mark.parametrize(
    ("backend", "trained", "asked", "message"),
    [
        ("tract", "adaptive_avg", "median", "Unknown pooling 'median': choose one of adaptive_avg, adaptive_max"),
        ("tract", "adaptive_avg", "adaptive_max", "takes a maximum, but these weights were trained on an average"),
        ("strict", "adaptive_max", "fixed_avg", "choose adaptive_max, fixed_max, or train with --pooling adaptive_avg"),
        ("tract", "adaptive_avg", "avg_2x2", r"leaves 2x2 values .* trained on 1x1 \('adaptive_avg'\)"),
        ("tract", "max_2x2", "fixed_max", r"leaves 1x1 values .* trained on 2x2 \('max_2x2'\)"),
        ("strict", "avg_2x2", None, "Backend 'strict' cannot take pooling 'avg_2x2': it allows fixed_avg, fixed_max"),
    ],
)
def test_a_pooling_that_does_not_fit_is_refused_with_the_reason(backend, trained, asked, message):
    with pytest.raises(KakitoriError, match=message):
        resolve_pooling(get_backend(backend), trained, asked)
