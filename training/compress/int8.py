"""Arithmetic of static INT8 that `export` and `training.compress.qat` share: rounding, ranges, equalisation.

Weights are int8, activations uint8. Without VNNI instructions, ONNX Runtime on x86 adds the products of two activations
and two weights in 16 bits. The largest safe activation therefore depends on the weights that are added: on the largest
sum of two neighbours of one sign.

Cross-layer equalisation (Nagel et al. 2019, "Data-free quantization through weight equalization and bias correction"):
in Conv -> Relu -> Conv, dividing a channel of the first convolution and multiplying it in the second by the same s > 0
changes nothing, because Relu(x / s) = Relu(x) / s. One scale for a whole weight tensor then loses less precision.
Depthwise convolutions, whose channels differ most, need it most: docs/measurements.md#static-int8.
"""

import numpy as np

# The rounding of earlier layers can raise activations slightly above what was measured in float.
LARGEST_SUM = 0.95 * 2**15
UINT8_MOST, INT8_MOST = 255, 127
PASSES = 8  # of equalisation over all pairs; chains of pairs converge in fewer
LARGEST_EXPONENT = 6  # a channel is scaled by at most 2^6; one without weights would need infinity


def most_activation(weight: np.ndarray) -> float:
    """Return the largest stored value of the inputs of a layer with this weight, at most UINT8_MOST."""
    return min(UINT8_MOST, LARGEST_SUM / largest_pair(rounded_weight(weight)))


def rounded_weight(weight: np.ndarray) -> np.ndarray:
    """Return a weight tensor as the integers (int64) that are stored, from -INT8_MOST to INT8_MOST."""
    return np.round(weight / (np.abs(weight).max() or 1) * INT8_MOST).astype(np.int64)


def largest_pair(weight: np.ndarray) -> int:
    """Return the largest absolute sum of two neighbours of one sign, for every order in which kernels read a channel.

    Args:
        weight: (O, C) or (O, C, k, k) integers.
    """
    orders = [weight] if weight.ndim == 2 else [weight, weight.transpose(0, 2, 3, 1), weight.transpose(0, 1, 3, 2)]
    rows = [order.reshape(len(order), -1) for order in orders]
    pairs = [np.abs(row[:, :-1] + row[:, 1:])[row[:, :-1] * row[:, 1:] >= 0] for row in rows]
    return int(max([np.abs(weight).max(), 1, *(pair.max() for pair in pairs if pair.size)]))


def equalise_pair(before: np.ndarray, bias: np.ndarray | None, after: np.ndarray, depthwise: bool) -> None:
    """Scale the channels between two convolutions, in place, so that their largest weights become about equal.

    The factors are powers of two, so no product is rounded.

    Args:
        before: weight of the first convolution, (C, I, kH, kW) float32.
        bias: of the first convolution, (C,) float32, or None.
        after: weight of the second one, (O, C, kH, kW), or (C, 1, kH, kW) if it is depthwise.
        depthwise: whether the second convolution is depthwise.
    """
    axis = 0 if depthwise else 1
    largest_before = np.abs(before).max(axis=(1, 2, 3))
    largest_after = np.abs(after).max(axis=tuple({0, 1, 2, 3} - {axis}))
    alive = (largest_before > 0) & (largest_after > 0)
    ratio = np.divide(largest_before, largest_after, out=np.ones_like(largest_before), where=alive)
    exponent = np.clip(np.round(np.log2(ratio) / 2), -LARGEST_EXPONENT, LARGEST_EXPONENT)
    scale = np.exp2(exponent).astype(np.float32)
    before /= scale[:, None, None, None]
    if bias is not None:
        bias /= scale
    after *= scale[:, None, None, None] if depthwise else scale[None, :, None, None]
