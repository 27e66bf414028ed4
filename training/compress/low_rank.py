"""Low-rank classifier: two linear layers in place of one, from the singular value decomposition of its weights.

The factors are the best of their rank in the sum of squares (Eckart & Young 1936); further training recovers accuracy.
"""

from dataclasses import replace

import torch
from torch import Tensor, nn

from kakitori.errors import ModelError
from kakitori.spec import ModelSpec
from training.models.registry import build_network
from training.models.transfer import CLASSIFIER


def factor(weight: Tensor, rank: int) -> tuple[Tensor, Tensor]:
    """Return factors (rank, C) and (K, rank), of equal scale, whose product is nearest to a weight (K, C)."""
    left, values, right = torch.linalg.svd(weight, full_matrices=False)
    root = values[:rank].sqrt()
    return root[:, None] * right[:rank], left[:, :rank] * root


def linear_layers(network: nn.Module) -> list[nn.Linear]:
    """Return the linear layers of a network's classifier, first to last."""
    return [layer for layer in network.get_submodule("classifier").modules() if isinstance(layer, nn.Linear)]


@torch.no_grad()
def factor_classifier(spec: ModelSpec, network: nn.Module, rank: int) -> tuple[ModelSpec, nn.Module]:
    """Return the spec and the network with a classifier of `rank`; all other weights are unchanged.

    Raises:
        ModelError: if the rank is not below that of the classifier, or the classifier is factored already.
    """
    wide = linear_layers(network)[-1]
    most = min(wide.weight.shape)
    if spec.rank or rank >= most:
        has = f"is factored already, to rank {spec.rank}" if spec.rank else f"has rank {most}"
        raise ModelError(f"--low-rank {rank}: the classifier of the model to start from {has}: choose a smaller rank.")
    thin_spec = replace(spec, rank=rank)
    thin = build_network(thin_spec)
    body = {name: value for name, value in network.state_dict().items() if not name.startswith(CLASSIFIER)}
    thin.load_state_dict(body, strict=False)
    first, second = linear_layers(thin)
    for layer, weight in zip((first, second), factor(wide.weight, rank), strict=True):
        layer.weight.copy_(weight)
    first.bias.zero_()
    second.bias.copy_(wide.bias)
    return thin_spec, thin
