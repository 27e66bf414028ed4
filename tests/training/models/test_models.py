import subprocess
import sys
from dataclasses import replace

import pytest
import torch

from kakitori.charset import get_charset
from kakitori.errors import KakitoriError
from kakitori.spec import POOLINGS, ModelSpec
from training.models.registry import ARCHITECTURES, build_network, count_parameters, get_architecture

TRAINABLE = [name for name, row in POOLINGS.items() if not row.fixed]


def spec_of(arch, pooling="adaptive_avg"):
    charset = get_charset("etl9g")
    return ModelSpec(arch, get_architecture(arch).widths, pooling, charset.name, len(charset), charset.digest)


@pytest.mark.parametrize("arch", ARCHITECTURES)
@pytest.mark.parametrize("pooling", TRAINABLE)
def test_every_network_gives_logits_with_every_pooling(arch, pooling):
    network = build_network(spec_of(arch, pooling)).eval()
    with torch.inference_mode():
        assert network(torch.zeros(2, 1, 64, 64)).shape == (2, 3036)


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_every_network_can_be_built_with_its_least_widths(arch):
    row = ARCHITECTURES[arch]
    network = build_network(replace(spec_of(arch), widths=(row.least_width,) * len(row.widths))).eval()
    with torch.inference_mode():
        assert network(torch.randn(2, 1, 64, 64)).isfinite().all()


def test_the_registry_loads_without_torch(root):
    code = "import sys, training.models.registry; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_networks_have_0_9_to_2_million_parameters(arch):
    assert 900_000 < count_parameters(build_network(spec_of(arch))) < 2_000_000


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_every_weight_gets_a_gradient(arch):
    network = build_network(spec_of(arch))
    network(torch.randn(4, 1, 64, 64)).logsumexp(1).sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in network.parameters())


def test_an_unknown_architecture_is_refused_with_the_known_ones():
    with pytest.raises(KakitoriError, match="Unknown architecture 'vit': choose one of resnet, compact, cnn"):
        get_architecture("vit")
