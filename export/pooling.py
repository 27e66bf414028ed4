"""Replace adaptive pooling by fixed kernels: the same function at the trained size, in operators of every engine."""

import copy
from typing import Any

import torch
from torch import Tensor, nn

from export.backends import Backend
from export.errors import PoolingError
from kakitori.errors import check_choice
from kakitori.spec import POOLINGS

FIXED_POOLS: dict[type[nn.Module], type[nn.Module]] = {
    nn.AdaptiveAvgPool2d: nn.AvgPool2d,
    nn.AdaptiveMaxPool2d: nn.MaxPool2d,
}
ADAPTIVE = (nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d)
KIND_NAMES = {"avg": "an average", "max": "a maximum"}


def resolve_pooling(backend: Backend, trained: str, asked: str | None) -> tuple[str, str | None]:
    """Return the pooling to export with, and a note for the user if it is not the wanted one.

    Args:
        backend: gives the legal poolings.
        trained: the pooling of the weights, from `config.json`.
        asked: the user's `--pooling`; None takes `trained`.

    Raises:
        KakitoriError: for an unknown pooling, listing the legal ones.
        PoolingError: if the weights or the backend do not allow it.
    """
    wanted = check_choice("pooling", trained if asked is None else asked, POOLINGS)
    _check_fits_weights(wanted, trained)
    if wanted in backend.poolings:
        return wanted, None
    row = POOLINGS[wanted]
    for fixed in backend.poolings:
        if (POOLINGS[fixed].kind, POOLINGS[fixed].output) == (row.kind, row.output):
            return fixed, f"{backend.name}: pooling {wanted} becomes {fixed}, the same function at the trained size."
    raise PoolingError(
        f"Backend {backend.name!r} cannot take pooling {wanted!r}: it allows {', '.join(backend.poolings)}, whose "
        f"output is 1x1; train with --pooling adaptive_{row.kind}, or export for another backend."
    )


def _check_fits_weights(wanted: str, trained: str) -> None:
    """Raise PoolingError unless `wanted` is the function that the weights were trained with."""
    new, old = POOLINGS[wanted], POOLINGS[trained]
    legal = ", ".join(name for name, row in POOLINGS.items() if (row.kind, row.output) == (old.kind, old.output))
    # A fixed pooling is made at export only; training uses its adaptive equal.
    trainable = next(n for n, row in POOLINGS.items() if (row.kind, row.output) == (new.kind, new.output))
    otherwise = f"or train with --pooling {trainable}"
    if new.output != old.output:
        raise PoolingError(
            f"Pooling {wanted!r} leaves {new.output}x{new.output} values a channel for the classifier, but these "
            f"weights were trained on {old.output}x{old.output} ({trained!r}): choose {legal}, {otherwise}."
        )
    if new.kind != old.kind:
        raise PoolingError(
            f"Pooling {wanted!r} takes {KIND_NAMES[new.kind]}, but these weights were trained on "
            f"{KIND_NAMES[old.kind]} ({trained!r}): choose {legal}, {otherwise}."
        )


def prepare_pooling(network: nn.Module, pooling: str, size: int) -> nn.Module:
    """Return a copy of the network with the given pooling.

    A fixed pooling replaces every adaptive one, also those inside channel attention; otherwise only those with
    an output larger than 1x1 are replaced, because ONNX has no operator for them.

    Args:
        network: evaluation mode, on the CPU.
        pooling: a name from `resolve_pooling`.
        size: the trained input side in pixels.

    Raises:
        PoolingError: if a feature map cannot be divided into equal parts.
    """
    prepared = copy.deepcopy(network)
    sides = _trace_sides(prepared, size)
    for name, side in sides.items():
        adaptive = prepared.get_submodule(name)
        output = _output_side(adaptive)
        if POOLINGS[pooling].fixed or output > 1:
            prepared.set_submodule(name, _fixed_pool(adaptive, name, side, output))
    return prepared


def _trace_sides(network: nn.Module, size: int) -> dict[str, int]:
    """Return the side of the feature map that each adaptive pooling sees, by module name."""
    sides: dict[str, int] = {}
    hooks = []
    for name, module in network.named_modules():
        if isinstance(module, ADAPTIVE):

            def record(_module: nn.Module, inputs: tuple[Tensor, ...], name: str = name) -> None:
                sides[name] = inputs[0].shape[-1]

            hooks.append(module.register_forward_pre_hook(record))
    with torch.inference_mode():
        network(torch.zeros(1, 1, size, size))
    for hook in hooks:
        hook.remove()
    return sides


def _output_side(adaptive: nn.Module) -> int:
    output: Any = adaptive.output_size
    return output if isinstance(output, int) else output[0]


def _fixed_pool(adaptive: nn.Module, name: str, side: int, output: int) -> nn.Module:
    """Return the pooling with an explicit kernel that equals `adaptive` on a side x side map."""
    if side % output:
        raise PoolingError(
            f"The pooling at {name!r} divides a {side}x{side} map into {output}x{output} unequal parts, which no fixed "
            "kernel does: train with a larger --size, or with adaptive_avg."
        )
    return FIXED_POOLS[type(adaptive)](side // output)
